// Which attributes a registrar may give to an identity. The names that begin with "hf." are
// reserved and speak for rights over the CA itself, so nobody hands on more than they have.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ca/records.h"

namespace belfry::ca {

inline constexpr std::string_view kRoles = "hf.Registrar.Roles",
                                  kDelegateRoles = "hf.Registrar.DelegateRoles",
                                  kRegistrarAttributes = "hf.Registrar.Attributes",
                                  kRevoker = "hf.Revoker", kGenCrl = "hf.GenCRL",
                                  kIntermediateCa = "hf.IntermediateCA",
                                  kAffiliationManager = "hf.AffiliationMgr",
                                  kEnrollmentId = "hf.EnrollmentID", kType = "hf.Type",
                                  kAffiliation = "hf.Affiliation";

// Whether the registrar may give all of these. subject: the identity that is changed, null for one
// that is being registered. The error is for the log.
Result<void> may_grant(const Identity& registrar, std::span<const Attribute> asked,
                       const Identity* subject);

// Whether a comma-separated list has the item, a space before which is skipped.
bool list_contains(std::string_view list, std::string_view item);
// Whether the roles, comma-separated, include the type ("*" includes all; an empty type is client).
bool roles_include(std::string_view roles, std::string_view type);

}  // namespace belfry::ca

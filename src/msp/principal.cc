#include "msp/principal.h"

#include <fmt/format.h>

#include "msp/certificate.h"
#include "msp/identity.h"
#include "msp/msp_principal.pb.h"

namespace belfry::msp {
namespace {

Result<Role> role_of(const ::common::MSPRole& role) {
  switch (role.role()) {
    case ::common::MSPRole::MEMBER:
      return Role::member;
    case ::common::MSPRole::ADMIN:
      return Role::admin;
    case ::common::MSPRole::CLIENT:
      return Role::client;
    case ::common::MSPRole::PEER:
      return Role::peer;
    case ::common::MSPRole::ORDERER:
      return Role::orderer;
    default:
      return fail(fmt::format("role {} is unknown", static_cast<int>(role.role())));
  }
}

const char* name_of(Role role) {
  switch (role) {
    case Role::member:
      return "member";
    case Role::admin:
      return "admin";
    case Role::client:
      return "client";
    case Role::peer:
      return "peer";
    case Role::orderer:
      return "orderer";
  }
  return "";
}

Result<std::vector<Principal>> one(Principal principal) {
  return std::vector<Principal>{std::move(principal)};
}

constexpr int kDeepest =
    16;  // of combined principals within each other; they nest as bytes, which nothing else bounds

Result<std::vector<Principal>> compile(const ::common::MSPPrincipal& principal, int depth) {
  const std::string& bytes = principal.principal();
  switch (principal.principal_classification()) {
    case ::common::MSPPrincipal::ROLE: {
      ::common::MSPRole message;
      if (!message.ParseFromString(bytes)) return fail("a role principal does not decode");
      auto role = role_of(message);
      if (!role) return tl::unexpected(role.error());
      return one(
          {.kind = Principal::Kind::role, .msp_id = message.msp_identifier(), .role = *role});
    }
    case ::common::MSPPrincipal::ORGANIZATION_UNIT: {
      ::common::OrganizationUnit message;
      if (!message.ParseFromString(bytes)) return fail("a unit principal does not decode");
      return one({.kind = Principal::Kind::unit,
                  .msp_id = message.msp_identifier(),
                  .unit = message.organizational_unit_identifier(),
                  .certifiers = message.certifiers_identifier()});
    }
    case ::common::MSPPrincipal::IDENTITY: {
      auto view = parse_identity(bytes);
      if (!view) return fail("an identity principal does not decode");
      auto certificate = Certificate::from_pem(view->certificate_pem);
      if (!certificate) return fail("identity principal: " + certificate.error().message);
      return one({.kind = Principal::Kind::identity,
                  .msp_id = std::string(view->msp_id),
                  .certificate = certificate->tbs()});
    }
    case ::common::MSPPrincipal::ANONYMITY: {
      ::common::MSPIdentityAnonymity message;
      if (!message.ParseFromString(bytes)) return fail("an anonymity principal does not decode");
      const bool anonymous = message.anonymity_type() == ::common::MSPIdentityAnonymity::ANONYMOUS;
      return one({.kind = anonymous ? Principal::Kind::anonymous : Principal::Kind::nominal});
    }
    case ::common::MSPPrincipal::COMBINED: {
      if (depth >= kDeepest) return fail("combined principals are nested too deeply");
      ::common::CombinedPrincipal message;
      if (!message.ParseFromString(bytes)) return fail("a combined principal does not decode");
      if (message.principals().empty()) return fail("a combined principal is empty");
      std::vector<Principal> all;
      for (const auto& part : message.principals()) {
        auto compiled = compile(part, depth + 1);
        if (!compiled) return compiled;
        all.insert(all.end(), compiled->begin(), compiled->end());
      }
      return all;
    }
    default:
      return fail(fmt::format("principals of class {} are unknown",
                              static_cast<int>(principal.principal_classification())));
  }
}

}  // namespace

Result<std::vector<Principal>> compile_principal(const ::common::MSPPrincipal& principal) {
  return compile(principal, 0);
}

std::string describe(const Principal& principal) {
  switch (principal.kind) {
    case Principal::Kind::role:
      return principal.msp_id + "." + name_of(principal.role);
    case Principal::Kind::unit:
      return principal.msp_id + ".OU=" + principal.unit;
    case Principal::Kind::identity:
      return "a certain certificate of " + principal.msp_id;
    case Principal::Kind::nominal:
      return "anybody with a name";
    case Principal::Kind::anonymous:
      return "somebody anonymous";
  }
  return "";
}

}  // namespace belfry::msp

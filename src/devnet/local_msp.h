// A peer's own organisation, for what no channel's policy says: who may install chaincode, join
// channels, list them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "devnet/material.h"
#include "ledger/signature_cache.h"
#include "msp/msp.h"

namespace belfry::devnet {

// Immutable; thread-safe.
class LocalMsp {
 public:
  static Result<LocalMsp> create(const OrganizationMaterial& organization);

  const msp::Msp& msp() const { return *msp_; }
  // The member behind an msp.SerializedIdentity of this organisation, or why it is none.
  Result<msp::MemberPtr> member(std::string_view identity) const;
  // `policy` is Fabric's word for a role of the local MSP: "Admins", "Members". Errors are in
  // Fabric's words.
  Result<void> check(const std::string& policy, std::string_view identity, std::string_view message,
                     std::string_view signature, ledger::SignatureCache& signatures) const;

 private:
  explicit LocalMsp(std::shared_ptr<const msp::Msp> msp) : msp_(std::move(msp)) {}
  std::shared_ptr<const msp::Msp> msp_;
};

}  // namespace belfry::devnet

// A membership service provider: which certificates belong to an organisation, and in which role.
// Made from the MSP definitions inside a channel's configuration (msp/channel_config.h); policies
// (msp/policy.h) ask it about signers.
//
// Follows Fabric's msp package: a member's certificate leads to one of the organisation's roots
// over its intermediates, is not a CA's own, is not on a revocation list of its issuer, and, where
// NodeOUs are on, carries exactly one of the role units. The chain is judged at the moment the
// certificate began: like Fabric, a signature made by a certificate that has since expired stays
// good, so that old blocks can be verified for ever. Who cares about expiry (Deliver, an endorser)
// asks certificate().valid_at(now) besides.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "msp/certificate.h"
#include "msp/principal.h"

namespace msp {
class FabricMSPConfig;
}

namespace belfry::msp {

// What an MSP can do depends on the channel's capabilities: V1_1, V1_3 and V1_4_3 each brought
// something.
enum class MspVersion { v1_0, v1_1, v1_3, v1_4_3 };

class Msp;

// A certificate found to be a valid member of an MSP. Immutable; thread-safe; refers to nothing.
class Member {
 public:
  const std::string& msp_id() const { return msp_id_; }
  const Certificate& certificate() const { return certificate_; }
  // Whether both are one signer: encodings of one certificate that differ in its issuer's signature
  // count once.
  bool same_as(const Member& other) const { return msp_id_ == other.msp_id_ && tbs_ == other.tbs_; }
  bool is(Role role) const { return (roles_ & 1U << static_cast<unsigned>(role)) != 0; }
  // Every principal of the list (a combined principal has several).
  bool satisfies(const std::vector<Principal>& principals) const;

 private:
  friend class Msp;
  explicit Member(Certificate certificate)
      : certificate_(std::move(certificate)), tbs_(certificate_.tbs()) {}
  bool satisfies(const Principal& principal) const;

  std::string msp_id_;
  Certificate certificate_;
  std::string tbs_;
  std::string
      certifiers_;  // sha256 over the chain above the certificate: Fabric's CertifiersIdentifier
  unsigned roles_ = 0;  // bit per Role
};
using MemberPtr = std::shared_ptr<const Member>;

// Immutable; thread-safe.
class Msp {
 public:
  static Result<std::shared_ptr<const Msp>> create(const ::msp::FabricMSPConfig& config,
                                                   MspVersion version);
  ~Msp();

  const std::string& id() const;
  bool node_ous() const;  // whether roles are told by OUs
  const std::vector<std::string>& tls_roots()
      const;  // PEM: roots, then intermediates, for TLS connections
  const std::vector<Certificate>& authorities() const;  // roots, then intermediates

  // Whether the certificate can be told to be one of this organisation's, whatever else may be
  // wrong with it: Fabric wants to know the issuer of what is signed with ECDSA before it looks on.
  bool can_place(const Certificate& certificate) const;
  // The member whose certificate this is, or why it is none.
  Result<MemberPtr> member(std::string_view certificate_pem) const;

 private:
  struct State;
  explicit Msp(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The MSPs of a channel. Remembers the members it was asked about (at most kMostRemembered):
// parsing and checking a certificate costs more than verifying a signature. Thread-safe.
class MspSet {
 public:
  static constexpr size_t kMostRemembered = 4096;

  // An MSP that could not be set up keeps its reason: its members are refused with it.
  void add(const std::string& id,
           Result<std::shared_ptr<const Msp>> msp);  // before the set is shared
  // Null when there is none, or none that could be set up.
  const Msp* find(const std::string& id) const;
  // The member behind an msp.SerializedIdentity, or why it is none.
  Result<MemberPtr> member(std::string_view serialized) const;

 private:
  Result<MemberPtr> look_up(std::string_view serialized) const;

  std::map<std::string, Result<std::shared_ptr<const Msp>>, std::less<>> msps_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Result<MemberPtr>> remembered_;
};

}  // namespace belfry::msp

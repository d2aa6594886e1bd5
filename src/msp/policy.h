// Who must have signed: Fabric's two kinds of policy, over a set of members whose signatures were
// found good.
//
//   Signers signers = verify_signers(*config.msps, signatures);
//   auto verdict = config.policies->evaluate("/Channel/Orderer/BlockValidation", signers.members);
//
// Used for blocks (fabric/block_verifier.h), configuration updates, endorsements, and Readers and
// Writers checks alike.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "msp/msp.h"
#include "msp/principal.h"

namespace common {
class ConfigGroup;
class Policy;
class SignaturePolicy;
class SignaturePolicyEnvelope;
}  // namespace common

namespace belfry::msp {

// Views of what its maker keeps.
struct SignedData {
  std::string_view data;
  std::string_view identity;  // msp.SerializedIdentity
  std::string_view signature;
};

struct Signers {
  std::vector<MemberPtr> members;  // valid members with a good signature, each certificate once
  std::string refused;             // the others and why, for messages; empty when there are none
};
Signers verify_signers(const MspSet& msps, std::span<const SignedData> signatures);

// An explicit policy: a tree of "n out of" over principals. A signer satisfies at most one leaf of
// it.
class SignaturePolicy {
 public:
  static Result<SignaturePolicy> compile(const ::common::SignaturePolicyEnvelope& envelope);
  static Result<SignaturePolicy> parse(std::string_view bytes);  // of a SignaturePolicyEnvelope

  bool satisfied_by(std::span<const MemberPtr> members) const;
  std::string describe() const;  // "2 of (Org1MSP.peer, Org2MSP.peer)"
  const std::vector<std::vector<Principal>>& principals() const { return principals_; }

 private:
  struct Rule {
    int32_t signed_by = -1;  // index into principals_; or else
    int32_t needed = 0;      // of these
    std::vector<Rule> rules;
  };
  static Result<Rule> compile_rule(const ::common::SignaturePolicy& rule, int32_t principals);
  bool satisfied(const Rule& rule, std::span<const MemberPtr> members,
                 std::vector<bool>& used) const;
  std::string describe(const Rule& rule) const;

  std::vector<std::vector<Principal>> principals_;
  Rule root_;
};

// Every policy of a channel's configuration, by path. Immutable; thread-safe.
class PolicyTree {
 public:
  explicit PolicyTree(const ::common::ConfigGroup& channel);  // its root is called /Channel

  bool contains(std::string_view path) const;  // "/Channel/Application/Readers"
  // Whether the members satisfy the policy at the path; otherwise what failed, in Fabric's words. A
  // policy that does not exist or did not compile is satisfied by nobody.
  Result<void> evaluate(std::string_view path, std::span<const MemberPtr> members) const;
  // For a relative path, as mod_policy has them: seen from the group at `group`
  // ("/Channel/Application/Org1").
  Result<void> evaluate(std::string_view group, std::string_view path,
                        std::span<const MemberPtr> members) const;

 private:
  enum class Rule { any, all, majority };
  struct ImplicitMeta {  // "ANY Writers": over the groups below
    Rule rule;
    std::string name;
  };
  struct Broken {
    std::string reason;
  };
  using Policy = std::variant<SignaturePolicy, ImplicitMeta, Broken>;
  struct Group {
    std::map<std::string, Policy, std::less<>> policies;
    std::map<std::string, Group, std::less<>> groups;
  };
  static Group read(const ::common::ConfigGroup& group);
  static Policy read(const ::common::Policy& policy);
  const Group* group_at(std::string_view path) const;
  static Result<void> evaluate(const Group& group, std::string_view path,
                               std::span<const MemberPtr> members);

  Group root_;
};

}  // namespace belfry::msp

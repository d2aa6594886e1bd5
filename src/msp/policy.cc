#include "msp/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/configtx.pb.h"
#include "common/policies.pb.h"
#include "msp/identity.h"

namespace belfry::msp {

Signers verify_signers(const MspSet& msps, std::span<const SignedData> signatures) {
  Signers signers;
  auto refuse = [&](const std::string& why) {
    signers.refused += (signers.refused.empty() ? "" : "; ") + why;
  };
  for (const SignedData& signature : signatures) {
    auto member = msps.member(signature.identity);
    if (!member) {
      refuse(member.error().message);
      continue;
    }
    // A signer counts once. Looked at before its signature, so that a repeated one costs nothing.
    if (std::any_of(signers.members.begin(), signers.members.end(),
                    [&](const MemberPtr& other) { return other->same_as(**member); }))
      continue;
    if ((*member)->certificate().verify(signature.data, signature.signature))
      signers.members.push_back(std::move(*member));
    else
      refuse(fmt::format("the signature of {} of {} is wrong", (*member)->certificate().subject(),
                         (*member)->msp_id()));
  }
  return signers;
}

Result<SignaturePolicy> SignaturePolicy::parse(std::string_view bytes) {
  ::common::SignaturePolicyEnvelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail("the signature policy does not decode");
  return compile(envelope);
}

Result<SignaturePolicy> SignaturePolicy::compile(
    const ::common::SignaturePolicyEnvelope& envelope) {
  if (envelope.version() != 0)
    return fail(fmt::format("signature policies of version {} are unknown", envelope.version()));
  SignaturePolicy policy;
  for (const auto& principal : envelope.identities()) {
    auto compiled = compile_principal(principal);
    if (!compiled) return tl::unexpected(compiled.error());
    policy.principals_.push_back(std::move(*compiled));
  }
  auto root = compile_rule(envelope.rule(), envelope.identities_size());
  if (!root) return tl::unexpected(root.error());
  policy.root_ = std::move(*root);
  return policy;
}

// Recursion is bounded by the protobuf parser's limit on nested messages (100).
Result<SignaturePolicy::Rule> SignaturePolicy::compile_rule(const ::common::SignaturePolicy& rule,
                                                            int32_t principals) {
  switch (rule.Type_case()) {
    case ::common::SignaturePolicy::kSignedBy:
      if (rule.signed_by() < 0 || rule.signed_by() >= principals)
        return fail(fmt::format("the signature policy names identity {} of {}", rule.signed_by(),
                                principals));
      return Rule{.signed_by = rule.signed_by()};
    case ::common::SignaturePolicy::kNOutOf: {
      Rule compiled{.needed = rule.n_out_of().n()};
      for (const auto& part : rule.n_out_of().rules()) {
        auto below = compile_rule(part, principals);
        if (!below) return below;
        compiled.rules.push_back(std::move(*below));
      }
      return compiled;
    }
    default:
      return fail("a rule of the signature policy is empty");
  }
}

// As Fabric does, greedily and in order: a rule that is satisfied keeps the signers it used, one
// that is not gives them back.
bool SignaturePolicy::satisfied(const Rule& rule, std::span<const MemberPtr> members,
                                std::vector<bool>& used) const {
  if (rule.signed_by >= 0) {
    const auto& principals = principals_[static_cast<size_t>(rule.signed_by)];
    for (size_t i = 0; i < members.size(); ++i) {
      if (used[i] || !members[i]->satisfies(principals)) continue;
      used[i] = true;
      return true;
    }
    return false;
  }
  int32_t verified = 0;
  for (const Rule& part : rule.rules) {
    std::vector<bool> attempt = used;
    if (!satisfied(part, members, attempt)) continue;
    ++verified;
    used = std::move(attempt);
  }
  return verified >= rule.needed;
}

bool SignaturePolicy::satisfied_by(std::span<const MemberPtr> members) const {
  std::vector<bool> used(members.size());
  return satisfied(root_, members, used);
}

std::string SignaturePolicy::describe() const {
  return describe(root_);
}

std::string SignaturePolicy::describe(const Rule& rule) const {
  std::string text;
  if (rule.signed_by >= 0) {
    for (const Principal& principal : principals_[static_cast<size_t>(rule.signed_by)])
      text += (text.empty() ? "" : " and ") + msp::describe(principal);
    return text;
  }
  for (const Rule& part : rule.rules) text += (text.empty() ? "" : ", ") + describe(part);
  return fmt::format("{} of ({})", rule.needed, text);
}

PolicyTree::PolicyTree(const ::common::ConfigGroup& channel) : root_(read(channel)) {}

PolicyTree::Group PolicyTree::read(const ::common::ConfigGroup& group) {
  Group made;
  for (const auto& [name, policy] : group.policies())
    made.policies.emplace(name, read(policy.policy()));
  for (const auto& [name, below] : group.groups()) made.groups.emplace(name, read(below));
  return made;
}

PolicyTree::Policy PolicyTree::read(const ::common::Policy& policy) {
  if (policy.type() == ::common::Policy::SIGNATURE) {
    auto compiled = SignaturePolicy::parse(policy.value());
    if (!compiled) return Broken{compiled.error().message};
    return std::move(*compiled);
  }
  if (policy.type() == ::common::Policy::IMPLICIT_META) {
    ::common::ImplicitMetaPolicy message;
    if (!message.ParseFromString(policy.value()))
      return Broken{"the implicit policy does not decode"};
    switch (message.rule()) {
      case ::common::ImplicitMetaPolicy::ANY:
        return ImplicitMeta{Rule::any, message.sub_policy()};
      case ::common::ImplicitMetaPolicy::ALL:
        return ImplicitMeta{Rule::all, message.sub_policy()};
      case ::common::ImplicitMetaPolicy::MAJORITY:
        return ImplicitMeta{Rule::majority, message.sub_policy()};
      default:
        return Broken{fmt::format("implicit rule {} is unknown", static_cast<int>(message.rule()))};
    }
  }
  return Broken{fmt::format("policies of type {} are unknown", policy.type())};
}

namespace {

// Takes the first name off a path: "Orderer/Admins" leaves "Admins".
std::string_view take_name(std::string_view& path) {
  const size_t end = path.find('/');
  const std::string_view name = path.substr(0, end);
  path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  return name;
}

constexpr std::string_view kRoot = "/Channel/";

}  // namespace

Result<void> PolicyTree::evaluate(const Group& top, std::string_view path,
                                  std::span<const MemberPtr> members) {
  const Group* group = &top;
  std::string_view rest = path;
  std::string_view name = take_name(rest);
  while (!rest.empty()) {
    auto below = group->groups.find(name);
    if (below == group->groups.end()) return fail(fmt::format("there is no policy {}", path));
    group = &below->second;
    name = take_name(rest);
  }
  auto found = group->policies.find(name);
  if (found == group->policies.end()) return fail(fmt::format("there is no policy {}", path));
  if (auto* broken = std::get_if<Broken>(&found->second))
    return fail(fmt::format("policy {} cannot be used: {}", path, broken->reason));
  if (auto* signature = std::get_if<SignaturePolicy>(&found->second)) {
    if (signature->satisfied_by(members)) return {};
    return fail("signature set did not satisfy policy");
  }
  const auto& implicit = std::get<ImplicitMeta>(found->second);
  const size_t all = group->groups.size();
  const size_t needed = all == 0                     ? 0
                        : implicit.rule == Rule::any ? 1
                        : implicit.rule == Rule::all ? all
                                                     : all / 2 + 1;
  size_t satisfied = 0;
  for (auto below = group->groups.begin(); below != group->groups.end() && satisfied < needed;
       ++below)
    if (evaluate(below->second, implicit.name, members)) ++satisfied;
  if (satisfied >= needed) return {};
  return fail(fmt::format(
      "implicit policy evaluation failed - {} sub-policies were satisfied, but this policy "
      "requires {} of the '{}' sub-policies to be satisfied",
      satisfied, needed, implicit.name));
}

const PolicyTree::Group* PolicyTree::group_at(std::string_view path) const {
  if (take_name(path) != "" || take_name(path) != "Channel")
    return nullptr;  // it begins with a slash
  const Group* group = &root_;
  while (!path.empty()) {
    auto below = group->groups.find(take_name(path));
    if (below == group->groups.end()) return nullptr;
    group = &below->second;
  }
  return group;
}

bool PolicyTree::contains(std::string_view path) const {
  const size_t end = path.rfind('/');
  if (end == std::string_view::npos) return false;
  const Group* group = group_at(path.substr(0, end));
  return group != nullptr && group->policies.find(path.substr(end + 1)) != group->policies.end();
}

Result<void> PolicyTree::evaluate(std::string_view path, std::span<const MemberPtr> members) const {
  if (!path.starts_with(kRoot)) return fail(fmt::format("there is no policy {}", path));
  return evaluate(root_, path.substr(kRoot.size()), members);
}

Result<void> PolicyTree::evaluate(std::string_view group, std::string_view path,
                                  std::span<const MemberPtr> members) const {
  if (path.starts_with('/')) return evaluate(path, members);
  const Group* at = group_at(group);
  if (at == nullptr) return fail(fmt::format("there is no group {}", group));
  return evaluate(*at, path, members);
}

}  // namespace belfry::msp

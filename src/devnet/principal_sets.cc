#include "devnet/principal_sets.h"

#include <algorithm>
#include <functional>

#include "common/configtx.pb.h"
#include "common/policies.pb.h"
#include "msp/msp_principal.pb.h"
#include "peer/policy.pb.h"

namespace belfry::devnet {
namespace {

using ::common::SignaturePolicy;

const char* const kTooMany = "the endorsement policy has too many combinations";

Result<PrincipalSets> distinct(PrincipalSets sets) {
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  if (sets.empty()) return fail("endorsement policy cannot be satisfied");
  return sets;
}

// One signer counts once for the whole policy, so quantities add up.
Result<PrincipalSets> both(const PrincipalSets& one, const PrincipalSets& other) {
  if (one.size() * other.size() > kMostPrincipalSets) return fail(kTooMany);
  PrincipalSets out;
  for (const auto& a : one)
    for (const auto& b : other) {
      PrincipalSet sum = a;
      for (const auto& [principal, count] : b) sum[principal] += count;
      out.push_back(std::move(sum));
    }
  return out;
}

Result<PrincipalSets> of_rule(const SignaturePolicy& rule,
                              const ::common::SignaturePolicyEnvelope& policy) {
  if (!rule.has_n_out_of()) {
    if (rule.signed_by() < 0 || rule.signed_by() >= policy.identities_size())
      return fail("the endorsement policy names a principal that it does not have");
    return PrincipalSets{{{policy.identities(rule.signed_by()).SerializeAsString(), 1}}};
  }
  const auto& rules = rule.n_out_of().rules();
  const int needed = rule.n_out_of().n();
  // chosen[n]: combinations that satisfy n of the rules looked at so far.
  std::vector<PrincipalSets> chosen(static_cast<size_t>(std::max(needed, 0)) + 1);
  chosen[0] = {{}};
  for (const auto& inner : rules) {
    const auto sets = of_rule(inner, policy);
    if (!sets) return sets;
    for (size_t n = chosen.size() - 1; n > 0; --n) {
      auto more = both(chosen[n - 1], *sets);
      if (!more) return more;
      chosen[n].insert(chosen[n].end(), more->begin(), more->end());
      if (chosen[n].size() > kMostPrincipalSets) return fail(kTooMany);
    }
  }
  return std::move(chosen.back());
}

Result<::common::SignaturePolicyEnvelope> explicit_policy(const ::common::ConfigGroup& group,
                                                          const std::string& name) {
  const auto found = group.policies().find(name);
  if (found == group.policies().end()) return fail("policy not found");
  const auto& policy = found->second.policy();
  ::common::SignaturePolicyEnvelope out;
  if (policy.type() == ::common::Policy::SIGNATURE) {
    if (!out.ParseFromString(policy.value())) return fail("policy " + name + " does not decode");
    return out;
  }
  ::common::ImplicitMetaPolicy meta;
  if (policy.type() != ::common::Policy::IMPLICIT_META || !meta.ParseFromString(policy.value()))
    return fail("policy " + name + " is of a kind that cannot be inquired");
  std::vector<::common::SignaturePolicyEnvelope> below;
  for (const auto& [child, inner] : group.groups()) {
    auto converted = explicit_policy(inner, meta.sub_policy());
    if (converted) below.push_back(std::move(*converted));
  }
  auto& rule = *out.mutable_rule()->mutable_n_out_of();
  const int count = group.groups_size();
  rule.set_n(meta.rule() == ::common::ImplicitMetaPolicy::ANY   ? 1
             : meta.rule() == ::common::ImplicitMetaPolicy::ALL ? count
                                                                : count / 2 + 1);
  for (const auto& inner : below) {
    const int offset = out.identities_size();
    for (const auto& identity : inner.identities()) *out.add_identities() = identity;
    const std::function<void(SignaturePolicy&)> move_up = [&](SignaturePolicy& at) {
      if (!at.has_n_out_of()) {
        at.set_signed_by(at.signed_by() + offset);
        return;
      }
      for (auto& child : *at.mutable_n_out_of()->mutable_rules()) move_up(child);
    };
    auto& added = *rule.add_rules() = inner.rule();
    move_up(added);
  }
  return out;
}

}  // namespace

Result<PrincipalSets> sets_of(const ::common::SignaturePolicyEnvelope& policy) {
  auto sets = of_rule(policy.rule(), policy);
  if (!sets) return sets;
  return distinct(std::move(*sets));
}

Result<PrincipalSets> sets_of_reference(const msp::ChannelConfig& config, std::string_view path) {
  const ::common::ConfigGroup* group = &config.config->channel_group();
  constexpr std::string_view kRoot = "/Channel/";
  if (!path.starts_with(kRoot)) return fail("policy not found");
  path.remove_prefix(kRoot.size());
  for (size_t slash; (slash = path.find('/')) != std::string_view::npos;
       path.remove_prefix(slash + 1)) {
    const auto found = group->groups().find(std::string(path.substr(0, slash)));
    if (found == group->groups().end()) return fail("policy not found");
    group = &found->second;
  }
  const auto policy = explicit_policy(*group, std::string(path));
  if (!policy) return tl::unexpected(policy.error());
  return sets_of(*policy);
}

Result<PrincipalSets> sets_of_application_policy(const msp::ChannelConfig& config,
                                                 std::string_view bytes) {
  ::protos::ApplicationPolicy policy;
  if (!policy.ParseFromString(std::string(bytes)))
    return fail("the endorsement policy does not decode");
  if (policy.has_signature_policy()) return sets_of(policy.signature_policy());
  return sets_of_reference(config, policy.channel_config_policy_reference());
}

Result<PrincipalSets> merge(const PrincipalSets& one, const PrincipalSets& other) {
  if (one.size() * other.size() > kMostPrincipalSets) return fail(kTooMany);
  PrincipalSets out;
  for (const auto& a : one)
    for (const auto& b : other) {
      // The same signers serve both.
      PrincipalSet larger = a;
      for (const auto& [principal, count] : b)
        larger[principal] = std::max(larger[principal], count);
      out.push_back(std::move(larger));
    }
  return distinct(std::move(out));
}

}  // namespace belfry::devnet

#include "msp/policy_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "common/policies.pb.h"
#include "msp/msp_principal.pb.h"

namespace belfry::msp {
namespace {

using ::common::SignaturePolicy;
using ::common::SignaturePolicyEnvelope;
using ::common::MSPPrincipal;
using ::common::MSPRole;

constexpr std::array<std::pair<std::string_view, MSPRole::MSPRoleType>, 5> kRoles = {
    {{"member", MSPRole::MEMBER},
     {"admin", MSPRole::ADMIN},
     {"client", MSPRole::CLIENT},
     {"peer", MSPRole::PEER},
     {"orderer", MSPRole::ORDERER}}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A gate's part: a principal, or a gate.
struct Node {
  std::string msp_id;  // of a principal
  MSPRole::MSPRoleType role = MSPRole::MEMBER;
  bool is_gate = false;
  int needed = 0;
  std::vector<Node> parts;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> parse() {
    auto root = gate(0);
    if (!root) return root;
    skip_space();
    if (at_ != text_.size()) return wrong("the policy should end here");
    return root;
  }

 private:
  tl::unexpected<Error> wrong(std::string_view what) const {
    return fail(fmt::format("{} (at character {} of {})", what, at_ + 1, text_));
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool quoted_next() {
    skip_space();
    return at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
  }

  Result<std::string_view> quoted() {
    const char quote = text_[at_++];
    const size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return wrong("the quote that begins here does not end");
    const std::string_view inside = text_.substr(at_, end - at_);
    at_ = end + 1;
    return inside;
  }

  Result<Node> principal() {
    const size_t begin = at_;
    auto words = quoted();
    if (!words) return tl::unexpected(words.error());
    const size_t dot = words->rfind('.');
    const auto* role =
        std::ranges::find(kRoles, dot == std::string_view::npos ? "" : words->substr(dot + 1),
                          &std::pair<std::string_view, MSPRole::MSPRoleType>::first);
    const std::string_view id = words->substr(0, dot);
    const bool good_id = !id.empty() && std::ranges::all_of(id, [](char c) {
      return is_letter(c) || is_digit(c) || c == '.' || c == '-';
    });
    if (role != kRoles.end() && good_id) return Node{std::string(id), role->second};
    at_ = begin;
    return wrong(
        fmt::format("'{}' is no principal: it should be an MSP id and a role, such as "
                    "'Org1MSP.peer' (member, admin, client, peer or orderer)",
                    *words));
  }

  Result<int> number() {
    std::string_view digits;
    const size_t begin = at_;
    if (quoted_next()) {
      auto inside = quoted();
      if (!inside) return tl::unexpected(inside.error());
      digits = *inside;
    } else {
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
      digits = text_.substr(begin, at_ - begin);
    }
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size())
      return value;
    at_ = begin;
    return wrong("OutOf begins with how many are needed, such as OutOf(2, …)");
  }

  Result<Node> gate(int depth) {
    skip_space();
    const size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    const auto is = [&](std::string_view camel, std::string_view lower, std::string_view upper) {
      return name == camel || name == lower || name == upper;
    };
    const bool all = is("And", "and", "AND"), any = is("Or", "or", "OR"),
               some = is("OutOf", "outof", "OUTOF");
    if (!all && !any && !some) {
      at_ = begin;
      return wrong("a policy is AND(…), OR(…) or OutOf(n, …)");
    }
    if (depth == kDeepestPolicy) return wrong("the policy is nested too deep");
    if (!take('(')) return wrong(fmt::format("a '(' should follow {}", name));
    Node node;
    node.is_gate = true;
    skip_space();
    if (some) {
      auto needed = number();
      if (!needed) return tl::unexpected(needed.error());
      node.needed = *needed;
      if (!take(',')) return wrong("OutOf needs at least one principal after its number");
    }
    do {
      auto part = quoted_next() ? principal() : gate(depth + 1);
      if (!part) return part;
      node.parts.push_back(std::move(*part));
    } while (take(','));
    if (!take(')')) return wrong("a ',' or a ')' should follow");
    const int parts = static_cast<int>(node.parts.size());
    if (!some) node.needed = all ? parts : 1;
    // One more than there are is allowed, as Fabric does: a policy that nobody satisfies.
    if (node.needed > parts + 1)
      return wrong(fmt::format("{} of {} can never be had", node.needed, parts));
    return node;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Numbers the principals as Fabric does: those of inner gates before a gate's own.
void build(const Node& node, SignaturePolicyEnvelope& envelope, SignaturePolicy& into) {
  SignaturePolicy::NOutOf* out = into.mutable_n_out_of();
  out->set_n(node.needed);
  for (const Node& part : node.parts) {
    SignaturePolicy* rule = out->add_rules();
    if (part.is_gate) build(part, envelope, *rule);
  }
  for (size_t i = 0; i < node.parts.size(); ++i) {
    const Node& part = node.parts[i];
    if (part.is_gate) continue;
    MSPRole role;
    role.set_msp_identifier(part.msp_id);
    role.set_role(part.role);
    out->mutable_rules(static_cast<int>(i))->set_signed_by(envelope.identities_size());
    MSPPrincipal* principal = envelope.add_identities();
    principal->set_principal_classification(MSPPrincipal::ROLE);
    principal->set_principal(role.SerializeAsString());
  }
}

Result<std::string> principal_text(const MSPPrincipal& principal) {
  MSPRole role;
  if (principal.principal_classification() != MSPPrincipal::ROLE ||
      !role.ParseFromString(principal.principal()))
    return fail("the policy names somebody by other means than an MSP id and a role");
  for (const auto& [word, type] : kRoles)
    if (type == role.role()) return fmt::format("'{}.{}'", role.msp_identifier(), word);
  return fail(
      fmt::format("the policy names a role that has no word ({})", static_cast<int>(role.role())));
}

Result<std::string> rule_text(const SignaturePolicy& rule, const SignaturePolicyEnvelope& envelope,
                              int depth) {
  if (depth > kDeepestPolicy) return fail("the policy is nested too deep");
  if (rule.has_signed_by()) {
    if (rule.signed_by() < 0 || rule.signed_by() >= envelope.identities_size())
      return fail(
          fmt::format("the policy refers to principal {}, which it has not", rule.signed_by()));
    return principal_text(envelope.identities(rule.signed_by()));
  }
  if (!rule.has_n_out_of()) return fail("the policy has no rule");
  std::string parts;
  for (const SignaturePolicy& part : rule.n_out_of().rules()) {
    auto text = rule_text(part, envelope, depth + 1);
    if (!text) return text;
    parts += (parts.empty() ? "" : ", ") + *text;
  }
  const int needed = rule.n_out_of().n(), count = rule.n_out_of().rules_size();
  if (count == 0) return fail("the policy has a gate without parts");
  if (needed == 1) return fmt::format("OR({})", parts);
  if (needed == count) return fmt::format("AND({})", parts);
  return fmt::format("OutOf({}, {})", needed, parts);
}

}  // namespace

Result<SignaturePolicyEnvelope> parse_policy_text(std::string_view text) {
  if (text.size() > kMostPolicyText)
    return fail(fmt::format("a policy has at most {} bytes", kMostPolicyText));
  auto root = Parser(text).parse();
  if (!root) return tl::unexpected(root.error());
  SignaturePolicyEnvelope envelope;
  build(*root, envelope, *envelope.mutable_rule());
  return envelope;
}

Result<std::string> policy_text(const SignaturePolicyEnvelope& envelope) {
  auto text = rule_text(envelope.rule(), envelope, 0);
  // A principal alone is no text that can be read back.
  if (text && envelope.rule().has_signed_by()) return fmt::format("OR({})", *text);
  return text;
}

}  // namespace belfry::msp

#include "ca/attribute_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "ca/go_text.h"
#include "http/headers.h"

namespace belfry::ca {
namespace {

std::vector<std::string> items_of(std::string_view list) {
  std::string compact(list);
  std::erase(compact, ' ');
  return split(compact, ',');
}

bool contains_fold(const std::vector<std::string>& items, std::string_view item) {
  return std::ranges::any_of(items,
                             [&](const std::string& it) { return http::equal_fold(it, item); });
}

const Attribute* find(std::span<const Attribute> attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

// Whether hf.Registrar.Attributes, such as "dept.*,role", covers the name.
Result<void> covered(std::string_view name, const std::vector<std::string>& patterns) {
  for (std::string_view pattern : patterns) {
    if (!pattern.ends_with('*')) {
      if (name == pattern) return {};
      continue;
    }
    while (pattern.ends_with('*')) pattern.remove_suffix(1);
    if (name.starts_with(pattern)) return {};
  }
  return fail(fmt::format("'{}' is not among the attributes that the registrar may give", name));
}

Result<void> subset(std::string_view asked, std::string_view allowed, std::string_view what) {
  const auto all = split(allowed, ',');
  for (const std::string& item : split(asked, ','))
    if (!item.empty() && !contains_fold(all, item))
      return fail(fmt::format("{} '{}' goes beyond '{}'", what, item, allowed));
  return {};
}

class Judge {
 public:
  Judge(const Identity& registrar, std::span<const Attribute> asked, const Identity* subject)
      : registrar_(registrar), asked_(asked), subject_(subject) {}

  Result<void> judge(const Attribute& attribute) const {
    const std::string_view patterns = registrar_.value(kRegistrarAttributes);
    if (patterns.empty()) return fail("the registrar may give no attributes");
    if (auto is = covered(attribute.name, items_of(patterns)); !is) return is;
    const std::string_view name = attribute.name;
    for (const std::string_view fixed : {kEnrollmentId, kType, kAffiliation})
      if (name == fixed) return fail(fmt::format("'{}' is not for giving", name));
    for (const std::string_view boolean : {kRevoker, kIntermediateCa, kGenCrl, kAffiliationManager})
      if (name == boolean) return judge_boolean(attribute);
    if (name == kRegistrarAttributes) return judge_patterns(attribute);
    if (name == kRoles || name == kDelegateRoles) return judge_roles(attribute);
    if (name.starts_with("hf."))
      return fail(fmt::format("'{}' begins with the reserved \"hf.\" but is unknown", name));
    return {};
  }

 private:
  Result<void> owned(std::string_view name) const {
    if (registrar_.attribute(name)) return {};
    return fail(fmt::format("the registrar does not have '{}'", name));
  }

  Result<void> judge_boolean(const Attribute& attribute) const {
    if (auto is = owned(attribute.name); !is) return is;
    const auto own = parse_go_bool(registrar_.value(attribute.name));
    if (!own) return fail(own.error().message);
    if (!*own) return fail(fmt::format("the registrar's own '{}' is false", attribute.name));
    if (attribute.value.empty()) return {};  // takes it away
    if (const auto value = parse_go_bool(attribute.value); !value)
      return fail(value.error().message);
    return {};
  }

  Result<void> judge_patterns(const Attribute& attribute) const {
    if (auto is = owned(attribute.name); !is) return is;
    if (attribute.value.empty()) return {};
    const auto own = items_of(registrar_.value(kRegistrarAttributes));
    for (const std::string& name : items_of(attribute.value)) {
      if (auto is = covered(name, own); !is) return is;
      if (name.starts_with("hf.") && !find(asked_, name) &&
          !(subject_ && subject_->attribute(name)))
        return fail(fmt::format("'{}' cannot be given on by who does not have it", name));
    }
    return {};
  }

  Result<void> judge_roles(const Attribute& attribute) const {
    if (auto is = owned(attribute.name); !is) return is;
    if (attribute.value.empty()) return {};
    const std::string_view own = registrar_.value(attribute.name);
    if (!list_contains(own, "*"))
      if (auto is = subset(attribute.value, own, attribute.name); !is) return is;
    return attribute.name == kDelegateRoles ? judge_delegation() : Result<void>();
  }

  // Nobody delegates roles that they cannot register themselves.
  Result<void> judge_delegation() const {
    const Attribute* asked = find(asked_, kRoles);
    std::string_view roles = asked ? std::string_view(asked->value) : std::string_view();
    if (roles.empty() && subject_) roles = subject_->value(kRoles);
    if (list_contains(roles, "*")) return {};
    const Attribute* delegated = find(asked_, kDelegateRoles);
    return subset(delegated ? std::string_view(delegated->value) : std::string_view(), roles,
                  kDelegateRoles);
  }

  const Identity& registrar_;
  const std::span<const Attribute> asked_;
  const Identity* const subject_;
};

}  // namespace

bool list_contains(std::string_view list, std::string_view item) {
  for (const std::string& it : split(list, ','))
    if (std::string_view(it).substr(it.starts_with(' ') ? 1 : 0) == item) return true;
  return false;
}

bool roles_include(std::string_view roles, std::string_view type) {
  if (list_contains(roles, "*")) return true;
  return contains_fold(split(roles, ','), type.empty() ? "client" : type);
}

Result<void> may_grant(const Identity& registrar, std::span<const Attribute> asked,
                       const Identity* subject) {
  const Judge judge(registrar, asked, subject);
  for (const Attribute& attribute : asked)
    if (auto judged = judge.judge(attribute); !judged) return judged;
  return {};
}

}  // namespace belfry::ca

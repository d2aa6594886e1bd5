#include "aws/access.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace belfry::aws {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// * and ?, whole text. Linear in practice: on a mismatch it goes back to the last star only.
bool glob(std::string_view pattern, std::string_view text, bool fold_case) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    const bool same = p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t] ||
                                             (fold_case && lower(pattern[p]) == lower(text[t])));
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (same) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<std::vector<std::string>> strings(const boost::json::value& value, std::string_view name) {
  std::vector<std::string> out;
  if (value.is_string()) {
    out.emplace_back(value.get_string());
    return out;
  }
  if (value.is_array()) {
    for (const auto& item : value.get_array()) {
      if (!item.is_string()) return fail(fmt::format("{} must list strings", name));
      out.emplace_back(item.get_string());
    }
    return out;
  }
  return fail(fmt::format("{} must be a string or a list of strings", name));
}

}  // namespace

Result<Policy> Policy::parse(std::string_view text) {
  boost::system::error_code error;
  const auto root = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error) return fail(fmt::format("the policy is no JSON: {}", error.message()));
  if (!root.is_object()) return fail("the policy must be a JSON object with Statement");
  Policy policy;
  const boost::json::value* statements = nullptr;
  for (const auto& [key, value] : root.get_object()) {
    if (key == "Statement")
      statements = &value;
    else if (key != "Version" && key != "Id")
      return fail(
          fmt::format("the policy says '{}', which belfry does not understand; it knows Version, "
                      "Id and Statement",
                      std::string_view(key)));
  }
  if (!statements) return fail("the policy has no Statement");
  boost::json::array list;
  if (statements->is_array())
    list = statements->get_array();
  else
    list.push_back(*statements);

  for (const auto& item : list) {
    if (!item.is_object()) return fail("each Statement must be an object");
    Statement statement;
    bool has_effect = false;
    for (const auto& [key, value] : item.get_object()) {
      if (key == "Sid") continue;
      if (key == "Effect") {
        if (value != "Allow" && value != "Deny") return fail("Effect must be Allow or Deny");
        statement.allow = value == "Allow";
        has_effect = true;
        continue;
      }
      if (key != "Action" && key != "Resource")
        return fail(
            fmt::format("a Statement says '{}', which belfry does not understand; it knows Sid, "
                        "Effect, Action and Resource",
                        std::string_view(key)));
      auto values = strings(value, key);
      if (!values) return tl::unexpected(values.error());
      (key == "Action" ? statement.actions : statement.resources) = std::move(*values);
    }
    if (!has_effect || statement.actions.empty() || statement.resources.empty())
      return fail("a Statement needs Effect, Action and Resource");
    policy.statements_.push_back(std::move(statement));
  }
  return policy;
}

bool Policy::allows(std::string_view action, std::string_view resource) const {
  bool allowed = false;
  for (const auto& statement : statements_) {
    bool applies = false;
    for (const auto& pattern : statement.actions) applies |= glob(pattern, action, true);
    if (!applies) continue;
    applies = false;
    for (const auto& pattern : statement.resources) applies |= glob(pattern, resource, false);
    if (!applies) continue;
    if (!statement.allow) return false;
    allowed = true;
  }
  return allowed;
}

void Access::add(User user) {
  std::string key = user.access_key;
  by_key_.insert_or_assign(std::move(key), std::move(user));
}

const User* Access::find(std::string_view access_key) const {
  const auto found = by_key_.find(access_key);
  return found == by_key_.end() ? nullptr : &found->second;
}

}  // namespace belfry::aws

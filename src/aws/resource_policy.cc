#include "aws/resource_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"

namespace belfry::aws {
namespace {

// One is written alone, several as a list.
boost::json::value one_or_many(boost::json::array values) {
  if (values.size() == 1) return values[0];
  return values;
}

}  // namespace

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

ResourcePolicy::ResourcePolicy(const std::string& text) {
  if (text.empty()) return;
  boost::system::error_code error;
  auto parsed = boost::json::parse(text, error);
  if (!error && parsed.is_object()) document_ = std::move(parsed.get_object());
}

void ResourcePolicy::begin(std::string id) {
  document_ = {{"Version", "2008-10-17"}, {"Id", std::move(id)}};
}

boost::json::array& ResourcePolicy::list() {
  auto& statement = document_["Statement"];
  if (statement.is_object()) {
    boost::json::array one{std::move(statement)};
    statement = std::move(one);
  } else if (!statement.is_array()) {
    statement = boost::json::array();
  }
  return statement.get_array();
}

boost::json::array::iterator ResourcePolicy::find(std::string_view label) {
  auto& statements = list();
  return std::find_if(statements.begin(), statements.end(), [&](const auto& statement) {
    return statement.is_object() && text_field(statement.get_object(), "Sid") == label;
  });
}

bool ResourcePolicy::has(std::string_view label) {
  return find(label) != list().end();
}

void ResourcePolicy::allow(std::string_view label, const boost::json::array& accounts,
                           boost::json::array actions, std::string_view resource) {
  boost::json::array principals;
  for (const auto& account : accounts)
    principals.emplace_back(
        fmt::format("arn:aws:iam::{}:root", std::string_view(account.get_string())));
  list().push_back(boost::json::object{{"Sid", label},
                                       {"Effect", "Allow"},
                                       {"Principal", {{"AWS", one_or_many(std::move(principals))}}},
                                       {"Action", one_or_many(std::move(actions))},
                                       {"Resource", resource}});
}

bool ResourcePolicy::remove(std::string_view label) {
  const auto at = find(label);
  if (at == list().end()) return false;
  list().erase(at);
  return true;
}

size_t ResourcePolicy::statements() {
  return list().size();
}

std::string ResourcePolicy::text() const {
  return boost::json::serialize(document_);
}

}  // namespace belfry::aws

#include "aws/sns_permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace belfry::aws::sns {
namespace {

constexpr std::array<std::string_view, 8> kOwnerActions = {"GetTopicAttributes",
                                                           "SetTopicAttributes",
                                                           "AddPermission",
                                                           "RemovePermission",
                                                           "DeleteTopic",
                                                           "Subscribe",
                                                           "ListSubscriptionsByTopic",
                                                           "Publish"};

boost::json::object parse(const std::string& policy) {
  boost::system::error_code error;
  auto parsed = boost::json::parse(policy, error);
  if (error || !parsed.is_object()) return {};
  return std::move(parsed.get_object());
}

boost::json::array& statements_of(boost::json::object& policy) {
  auto& statement = policy["Statement"];
  if (statement.is_object()) {
    boost::json::array one{std::move(statement)};
    statement = std::move(one);
  } else if (!statement.is_array()) {
    statement = boost::json::array();
  }
  return statement.get_array();
}

auto find_label(boost::json::array& statements, std::string_view label) {
  return std::find_if(statements.begin(), statements.end(), [&](const auto& statement) {
    return statement.is_object() && text_of(statement.get_object(), "Sid") == label;
  });
}

// One is written alone, several as a list.
boost::json::value one_or_many(boost::json::array values) {
  if (values.size() == 1) return values[0];
  return values;
}

}  // namespace

std::string default_policy(const std::string& topic_arn, const std::string& account) {
  boost::json::array actions;
  for (const std::string_view action : kOwnerActions)
    actions.emplace_back(fmt::format("SNS:{}", action));
  boost::json::object statement{{"Sid", "__default_statement_ID"},
                                {"Effect", "Allow"},
                                {"Principal", {{"AWS", "*"}}},
                                {"Action", std::move(actions)},
                                {"Resource", topic_arn},
                                {"Condition", {{"StringEquals", {{"AWS:SourceOwner", account}}}}}};
  return boost::json::serialize(
      boost::json::object{{"Version", "2008-10-17"},
                          {"Id", "__default_policy_ID"},
                          {"Statement", boost::json::array{std::move(statement)}}});
}

Outcome<void> add_permission(std::string& policy, const std::string& topic_arn,
                             const Input& input) {
  const std::string_view label = text_of(input, "Label");
  boost::json::array principals, actions;
  for (const auto& account : array_of(input, "AWSAccountId")) {
    const std::string_view id = view(account.get_string());
    if (id.size() != 12 || id.find_first_not_of("0123456789") != std::string_view::npos)
      return refuse(invalid("AWSAccountId"));
    principals.emplace_back(fmt::format("arn:aws:iam::{}:root", id));
  }
  for (const auto& name : array_of(input, "ActionName")) {
    const std::string_view action = view(name.get_string());
    if (action != "*" &&
        std::find(kOwnerActions.begin(), kOwnerActions.end(), action) == kOwnerActions.end())
      return refuse(invalid("Policy statement action out of service scope!"));
    actions.emplace_back(fmt::format("SNS:{}", action));
  }
  if (label.empty() || principals.empty() || actions.empty()) return refuse(invalid("Label"));
  auto document = parse(policy);
  auto& statements = statements_of(document);
  if (find_label(statements, label) != statements.end())
    return refuse(invalid("Statement already exists"));
  statements.push_back(
      boost::json::object{{"Sid", label},
                          {"Effect", "Allow"},
                          {"Principal", {{"AWS", one_or_many(std::move(principals))}}},
                          {"Action", one_or_many(std::move(actions))},
                          {"Resource", topic_arn}});
  policy = boost::json::serialize(document);
  return {};
}

Outcome<void> remove_permission(std::string& policy, const Input& input) {
  auto document = parse(policy);
  auto& statements = statements_of(document);
  const auto at = find_label(statements, text_of(input, "Label"));
  // A label that is not there is no error.
  if (at != statements.end()) statements.erase(at);
  policy = boost::json::serialize(document);
  return {};
}

}  // namespace belfry::aws::sns

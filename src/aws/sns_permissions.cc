#include "aws/sns_permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/resource_policy.h"

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
  const auto& accounts = array_of(input, "AWSAccountId");
  for (const auto& account : accounts)
    if (!is_account(view(account.get_string()))) return refuse(invalid("AWSAccountId"));
  boost::json::array actions;
  for (const auto& name : array_of(input, "ActionName")) {
    const std::string_view action = view(name.get_string());
    if (action != "*" &&
        std::find(kOwnerActions.begin(), kOwnerActions.end(), action) == kOwnerActions.end())
      return refuse(invalid("Policy statement action out of service scope!"));
    actions.emplace_back(fmt::format("SNS:{}", action));
  }
  if (label.empty() || accounts.empty() || actions.empty()) return refuse(invalid("Label"));
  ResourcePolicy document(policy);
  if (document.has(label)) return refuse(invalid("Statement already exists"));
  document.allow(label, accounts, std::move(actions), topic_arn);
  policy = document.text();
  return {};
}

Outcome<void> remove_permission(std::string& policy, const Input& input) {
  ResourcePolicy document(policy);
  document.remove(text_of(input, "Label"));  // one that is not there is no error
  policy = document.text();
  return {};
}

}  // namespace belfry::aws::sns

#include "aws/sqs_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/resource_policy.h"
#include "aws/sqs_json.h"

namespace belfry::aws::sqs {
namespace {

constexpr size_t kMostActions = 7;
constexpr size_t kLongestLabel = 80;
constexpr std::string_view kActions[] = {
    "*",           "ChangeMessageVisibility",    "DeleteMessage",  "GetQueueAttributes",
    "GetQueueUrl", "ListDeadLetterSourceQueues", "ReceiveMessage", "SendMessage",
    "PurgeQueue"};

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

Outcome<std::string> read_label(const boost::json::object& input) {
  const auto label = text_of(input, "Label");
  if (label.empty()) return refuse(missing("Label"));
  if (!is_label(label))
    return refuse(invalid_value(
        label, "Label",
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."));
  return std::string(label);
}

}  // namespace

Outcome<void> add_permission(std::string& policy, std::string_view queue_arn,
                             const boost::json::object& input) {
  const auto label = read_label(input);
  if (!label) return refuse(label.error());
  const auto& accounts = array_of(input, "AWSAccountIds");
  if (accounts.empty()) return refuse(missing("AWSAccountIds"));
  const auto& names = array_of(input, "Actions");
  if (names.empty()) return refuse(missing("Actions"));
  if (names.size() > kMostActions)
    return refuse(over_limit(
        fmt::format("{} Actions were found, maximum allowed is {}.", names.size(), kMostActions)));
  for (const auto& account : accounts) {
    const auto id = view(account.get_string());
    if (!is_account(id)) return refuse(invalid_value(id, "PrincipalId", "Unable to verify."));
  }
  boost::json::array actions;
  for (const auto& name : names) {
    const auto action = view(name.get_string());
    if (std::find(std::begin(kActions), std::end(kActions), action) == std::end(kActions))
      return refuse(
          invalid_value(fmt::format("SQS:{}", action), "ActionName",
                        "Please refer to the appropriate WSDL for a list of valid actions. "));
    actions.emplace_back(fmt::format("SQS:{}", action));
  }
  ResourcePolicy document(policy);
  if (document.empty()) document.begin(fmt::format("{}/SQSDefaultPolicy", queue_arn));
  if (document.has(*label)) return refuse(invalid_value(*label, "Label", "Already exists."));
  document.allow(*label, accounts, std::move(actions), queue_arn);
  policy = document.text();
  return {};
}

Outcome<void> remove_permission(std::string& policy, const boost::json::object& input) {
  const auto label = read_label(input);
  if (!label) return refuse(label.error());
  ResourcePolicy document(policy);
  if (!document.remove(*label)) return refuse(invalid_value(*label, "Label", "can't find label."));
  policy = document.statements() == 0 ? std::string() : document.text();
  return {};
}

}  // namespace belfry::aws::sqs

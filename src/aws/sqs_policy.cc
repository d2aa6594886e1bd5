#include "aws/sqs_policy.h"

#include <fmt/format.h>

#include <algorithm>

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

bool is_account(std::string_view account) {
  return account.size() == 12 &&
         std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
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

boost::json::object parse(const std::string& policy) {
  boost::system::error_code error;
  auto parsed = boost::json::parse(policy, error);
  if (policy.empty() || error || !parsed.is_object()) return {};
  return std::move(parsed.get_object());
}

// One is written alone, several as a list.
boost::json::value one_or_many(boost::json::array values) {
  if (values.size() == 1) return values[0];
  return values;
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
  boost::json::array principals, actions;
  for (const auto& account : accounts) {
    const auto id = view(account.get_string());
    if (!is_account(id)) return refuse(invalid_value(id, "PrincipalId", "Unable to verify."));
    principals.emplace_back(fmt::format("arn:aws:iam::{}:root", id));
  }
  for (const auto& name : names) {
    const auto action = view(name.get_string());
    if (std::find(std::begin(kActions), std::end(kActions), action) == std::end(kActions))
      return refuse(
          invalid_value(fmt::format("SQS:{}", action), "ActionName",
                        "Please refer to the appropriate WSDL for a list of valid actions. "));
    actions.emplace_back(fmt::format("SQS:{}", action));
  }
  auto document = parse(policy);
  if (document.empty())
    document = {{"Version", "2008-10-17"}, {"Id", fmt::format("{}/SQSDefaultPolicy", queue_arn)}};
  auto& statements = statements_of(document);
  if (find_label(statements, *label) != statements.end())
    return refuse(invalid_value(*label, "Label", "Already exists."));
  statements.push_back(
      boost::json::object{{"Sid", *label},
                          {"Effect", "Allow"},
                          {"Principal", {{"AWS", one_or_many(std::move(principals))}}},
                          {"Action", one_or_many(std::move(actions))},
                          {"Resource", queue_arn}});
  policy = boost::json::serialize(document);
  return {};
}

Outcome<void> remove_permission(std::string& policy, const boost::json::object& input) {
  const auto label = read_label(input);
  if (!label) return refuse(label.error());
  auto document = parse(policy);
  auto& statements = statements_of(document);
  const auto at = find_label(statements, *label);
  if (at == statements.end()) return refuse(invalid_value(*label, "Label", "can't find label."));
  statements.erase(at);
  policy = statements.empty() ? std::string() : boost::json::serialize(document);
  return {};
}

}  // namespace belfry::aws::sqs

#include "aws/sqs_redrive.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/sqs_json.h"
#include "aws/sqs_names.h"
#include "aws/sqs_queue_record.h"

namespace belfry::aws::sqs {
namespace {

constexpr int64_t kMostReceives = 1'000;
constexpr size_t kMostSources = 10;
constexpr char kAllowPolicy[] = "RedriveAllowPolicy";

std::optional<boost::json::object> parse_map(std::string_view text) {
  boost::system::error_code error;
  auto parsed = boost::json::parse({text.data(), text.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

// maxReceiveCount comes as a number or as its text.
std::optional<int64_t> count_in(const boost::json::value& value) {
  if (value.is_string()) return parse_number(view(value.get_string()));
  if (value.is_int64()) return value.get_int64();
  return std::nullopt;
}

bool allows(std::string_view policy_text, std::string_view source) {
  if (policy_text.empty()) return true;
  const auto policy = parse_map(policy_text);
  if (!policy) return false;
  const auto permission = text_of(*policy, "redrivePermission");
  if (permission != "byQueue") return permission == "allowAll";
  const auto& arns = array_of(*policy, "sourceQueueArns");
  return std::any_of(arns.begin(), arns.end(), [&](const auto& arn) {
    return arn.is_string() && name_in_arn(view(arn.get_string())) == source;
  });
}

}  // namespace

Outcome<std::optional<queue::DeadLetter>> read_redrive_policy(std::string_view text,
                                                              std::string_view source, bool fifo,
                                                              const queue::Store& store) {
  if (text.empty()) return std::nullopt;
  const auto wrong = [&](std::string_view reason) {
    return refuse(invalid_value(text, "RedrivePolicy", reason));
  };
  const auto policy = parse_map(text);
  if (!policy) return wrong("Redrive policy is not a valid JSON map.");
  for (const char* key : {"deadLetterTargetArn", "maxReceiveCount"})
    if (!policy->contains(key))
      return wrong(fmt::format("Redrive policy does not contain mandatory attribute: {}.", key));
  for (const auto& [key, value] : *policy)
    if (key != "deadLetterTargetArn" && key != "maxReceiveCount")
      return wrong(
          "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
  const auto& count_value = policy->at("maxReceiveCount");
  const auto count = count_in(count_value);
  if (!count || *count < 1 || *count > kMostReceives)
    return wrong(fmt::format(
        "Invalid value for maxReceiveCount: {}, valid values are from 1 to 1000 both inclusive.",
        count_value.is_string() ? std::string(view(count_value.get_string()))
                                : boost::json::serialize(count_value)));
  const auto target = name_in_arn(text_of(*policy, "deadLetterTargetArn"));
  if (!target) return wrong("Invalid value for deadLetterTargetArn.");
  const auto id = is_visible(*target) ? store.find_queue(*target) : std::nullopt;
  if (!id) return wrong("Dead letter target does not exist.");
  if (store.settings(*id).fifo != fifo)
    return wrong("Dead-letter queue must be same type of queue as the source.");
  if (!allows(read_record(store, *target).redrive_allow, source))
    return wrong(
        "Queue does not have permission to use the dead-letter queue as per its redrive allow "
        "policy.");
  return queue::DeadLetter{*target, static_cast<uint32_t>(*count)};
}

std::string write_redrive_policy(const queue::DeadLetter& dead_letter, const Caller& caller) {
  return boost::json::serialize(
      boost::json::object{{"deadLetterTargetArn", arn_of(dead_letter.queue, caller)},
                          {"maxReceiveCount", dead_letter.after}});
}

Outcome<std::string> read_redrive_allow_policy(std::string_view text) {
  if (text.empty()) return std::string();
  const auto wrong = [&](std::string_view reason) {
    return refuse(invalid_value(text, kAllowPolicy, reason));
  };
  const auto policy = parse_map(text);
  if (!policy) return wrong("Redrive allow policy is not a valid JSON map.");
  for (const auto& [key, value] : *policy)
    if (key != "redrivePermission" && key != "sourceQueueArns")
      return wrong(
          "Only following attributes are supported: [sourceQueueArns, redrivePermission].");
  const auto permission = text_of(*policy, "redrivePermission");
  const auto& sources = array_of(*policy, "sourceQueueArns");
  if (permission != "allowAll" && permission != "denyAll" && permission != "byQueue")
    return wrong(
        "Invalid value for redrivePermission. Amazon SQS supports the values [allowAll, denyAll, "
        "byQueue].");
  if (permission != "byQueue") {
    if (policy->contains("sourceQueueArns"))
      return wrong(
          fmt::format("sourceQueueArns cannot be given when redrivePermission is {}.", permission));
    return std::string(text);
  }
  if (sources.empty() || sources.size() > kMostSources)
    return wrong("sourceQueueArns must name 1 to 10 queues when redrivePermission is byQueue.");
  for (const auto& arn : sources)
    if (!arn.is_string() || !name_in_arn(view(arn.get_string())))
      return wrong("Invalid value for sourceQueueArns.");
  return std::string(text);
}

}  // namespace belfry::aws::sqs

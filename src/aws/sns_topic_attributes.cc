#include "aws/sns_topic_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "aws/sns_delivery_policy.h"

namespace belfry::aws::sns {
namespace {

constexpr size_t kLongestDisplayName = 100;

// Kept and shown, as tools that manage topics want them; belfry encrypts and traces nothing by
// them.
constexpr std::array<std::string_view, 2> kKept = {"KmsMasterKeyId", "TracingConfig"};

bool is_feedback(std::string_view name) {
  for (const std::string_view protocol : {"HTTP", "Firehose", "Lambda", "Application", "SQS"})
    for (const std::string_view rest :
         {"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"})
      if (name.size() == protocol.size() + rest.size() && name.starts_with(protocol) &&
          name.ends_with(rest))
        return true;
  return false;
}

bool is_bool(std::string_view value) {
  return value == "true" || value == "false";
}

}  // namespace

Outcome<void> set_topic_attribute(std::string_view name, std::string_view value, bool fifo,
                                  std::string_view prefix, TopicRecord& record,
                                  topic::TopicSettings& settings) {
  const auto wrong = [&](std::string_view reason) {
    return refuse(invalid(fmt::format("{}{}", prefix, reason)));
  };
  if (name == "DisplayName") {
    if (value.size() > kLongestDisplayName) return wrong("DisplayName");
  } else if (name == "DeliveryPolicy") {
    if (auto read = read_topic_policy(value, settings); !read) return wrong(read.error());
  } else if (name == "Policy") {
    boost::system::error_code error;
    const auto parsed = boost::json::parse({value.data(), value.size()}, error);
    if (!value.empty() && (error || !parsed.is_object()))
      return wrong("Policy Error: the policy is no JSON object");
  } else if (name == "SignatureVersion") {
    if (value != "1" && value != "2") return wrong("SignatureVersion");
    settings.signature_version = value == "2" ? 2 : 1;
  } else if (name == "ContentBasedDeduplication" && fifo) {
    if (!is_bool(value)) return wrong("ContentBasedDeduplication");
    settings.content_deduplication = value == "true";
  } else if (name == "FifoThroughputScope" && fifo) {
    if (value != "Topic" && value != "MessageGroup") return wrong("FifoThroughputScope");
    settings.deduplication_by_group = value == "MessageGroup";
  } else if (name == "ArchivePolicy" && fifo) {
    if (!value.empty() && value != "{}")
      return refuse(unsupported("belfry keeps no archive of a topic: ArchivePolicy is refused"));
  } else if (name == "DataProtectionPolicy") {
    return refuse(
        unsupported("belfry does not look into messages: data protection policies are "
                    "refused"));
  } else if (!is_feedback(name) && std::find(kKept.begin(), kKept.end(), name) == kKept.end()) {
    return wrong(prefix.empty() ? "AttributeName" : fmt::format("Unknown attribute {}", name));
  }
  if (value.empty() && name != "DisplayName")
    record.attributes.erase(std::string(name));
  else
    record.attributes[std::string(name)] = value;
  return {};
}

}  // namespace belfry::aws::sns

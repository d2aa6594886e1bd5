#include "aws/sqs_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/sqs_json.h"

namespace belfry::aws::sqs {
namespace {

constexpr size_t kLongestName = 80;

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

}  // namespace

bool is_visible(std::string_view name) {
  return !name.empty() && name.front() != '.';
}

Outcome<void> check_new_name(std::string_view name, bool fifo) {
  std::string_view stem = name;
  const bool suffixed = stem.ends_with(".fifo");
  if (suffixed && fifo) stem.remove_suffix(5);
  const bool good = !stem.empty() && name.size() <= kLongestName && suffixed == fifo &&
                    std::all_of(stem.begin(), stem.end(), is_name_character);
  if (good) return {};
  if (fifo)
    return refuse(
        invalid("The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                "underscores, must end with .fifo suffix and be 1 to 80 in length."));
  return refuse(invalid(
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"));
}

std::string_view name_in_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const size_t path = url.find('/');
    url = path == std::string_view::npos ? std::string_view() : url.substr(path);
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  return url.substr(url.rfind('/') + 1);
}

std::string url_of(std::string_view name, const Caller& caller) {
  return fmt::format("{}/{}/{}", caller.endpoint, caller.account, name);
}

std::string arn_of(std::string_view name, const Caller& caller) {
  return fmt::format("arn:aws:sqs:{}:{}:{}", caller.region, caller.account, name);
}

std::optional<std::string> name_in_arn(std::string_view arn) {
  if (!arn.starts_with("arn:") || std::count(arn.begin(), arn.end(), ':') != 5) return std::nullopt;
  const size_t service = arn.find(':', 4) + 1;
  if (!arn.substr(service).starts_with("sqs:")) return std::nullopt;
  const auto name = arn.substr(arn.rfind(':') + 1);
  if (name.empty()) return std::nullopt;
  return std::string(name);
}

Outcome<std::string> named_queue(const boost::json::object& input, const Caller& caller) {
  const auto given = text_of(input, "QueueUrl");
  const auto name = name_in_url(given.empty() ? std::string_view(caller.path) : given);
  if (name.empty() && given.empty()) return refuse(missing("QueueUrl"));
  if (name.empty())
    return refuse({"InvalidAddress", "",
                   fmt::format("The address {} is not valid for this endpoint.", given), 404});
  return std::string(name);
}

}  // namespace belfry::aws::sqs

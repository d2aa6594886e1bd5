#include "aws/sqs_listing.h"

#include <algorithm>

#include "aws/sqs_faults.h"
#include "aws/sqs_json.h"
#include "aws/sqs_names.h"
#include "base/bytes.h"

namespace belfry::aws::sqs {
namespace {

constexpr int64_t kLargestPage = 1'000;

}  // namespace

// A token is the last name of the page before, in base64: it holds whatever comes and goes between.
Answer page_of_urls(std::vector<std::string> names, std::string_view field,
                    const boost::json::object& input, const Caller& caller) {
  const auto max = number_of(input, "MaxResults");
  if (max && (*max < 1 || *max > kLargestPage))
    return invalid_value(std::to_string(*max), "MaxResults",
                         "MaxResults must be an integer between 1 and 1000.");
  std::sort(names.begin(), names.end());
  auto from = names.begin();
  if (const auto token = text_of(input, "NextToken"); !token.empty()) {
    const auto last = unbase64(token);
    if (!last) return invalid_value(token, "NextToken", "Invalid or expired next token.");
    from = std::upper_bound(names.begin(), names.end(), *last);
  }
  const auto to = names.end() - from > max.value_or(kLargestPage)
                      ? from + max.value_or(kLargestPage)
                      : names.end();
  boost::json::array urls;
  for (auto at = from; at != to; ++at) urls.emplace_back(url_of(*at, caller));
  boost::json::object out;
  if (max && to != names.end()) out["NextToken"] = base64(*(to - 1));
  if (!urls.empty()) out[field] = std::move(urls);
  return out;
}

}  // namespace belfry::aws::sqs

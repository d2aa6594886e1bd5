// How often and how long a delivery is tried: the phases of Amazon SNS's DeliveryPolicy. After the
// first attempt come `immediate` retries at once, `before` ones after `least_delay`, then those
// that back off from `least_delay` to `most_delay`, then `after` ones after `most_delay`;
// `retries` in all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace belfry::topic {

enum class Backoff { linear, arithmetic, geometric, exponential };

std::string_view name_of(Backoff backoff);
bool parse(std::string_view name, Backoff& out);  // false: no such function

struct DeliveryPolicy {
  uint32_t retries = 50;  // after the first attempt
  Duration least_delay = std::chrono::seconds(1);
  Duration most_delay = std::chrono::minutes(5);
  uint32_t immediate = 0, before = 0, after = 0;
  Backoff backoff = Backoff::exponential;
  uint32_t rate = 0;         // deliveries a second at most; 0: no bound
  std::string content_type;  // of HTTP deliveries; empty: text/plain; charset=UTF-8

  bool operator==(const DeliveryPolicy&) const = default;
};

// The wait before a retry, after the `failures`th failure in a row (1 is the first).
Duration delay(const DeliveryPolicy& policy, uint32_t failures);

// What SNS does without a policy: HTTP three times after 20 s; functions twice, after one and two
// minutes; text messages, e-mail and mobile push 50 times within about six hours.
DeliveryPolicy standard_policy(std::string_view protocol);

}  // namespace belfry::topic

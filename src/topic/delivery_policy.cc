#include "topic/delivery_policy.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace belfry::topic {
namespace {

constexpr std::array<std::string_view, 4> kBackoffs = {"linear", "arithmetic", "geometric",
                                                       "exponential"};

// How far between the least and the most delay the `step`th of `steps` waits is, from 0 to 1.
double share(Backoff backoff, uint32_t step, uint32_t steps) {
  if (steps <= 1) return 0;
  const double at = static_cast<double>(step) / (steps - 1);
  switch (backoff) {
    case Backoff::linear:
      return at;
    case Backoff::arithmetic:  // each wait grows by one step more than the one before
      return at * (step + 1) / steps;
    case Backoff::geometric:
    case Backoff::exponential:
      break;
  }
  return at;
}

Duration between(const DeliveryPolicy& policy, uint32_t step, uint32_t steps) {
  const double least = static_cast<double>(std::max<int64_t>(policy.least_delay.count(), 1));
  const double most = static_cast<double>(policy.most_delay.count());
  if (most <= least) return policy.most_delay;
  double wait = 0;
  if (policy.backoff == Backoff::exponential) {
    wait = least * std::pow(2.0, std::min<uint32_t>(step, 62));
  } else if (policy.backoff == Backoff::geometric) {
    wait = least * std::pow(most / least, share(policy.backoff, step, steps));
  } else {
    wait = least + (most - least) * share(policy.backoff, step, steps);
  }
  return Duration(static_cast<int64_t>(std::min(wait, most)));
}

}  // namespace

std::string_view name_of(Backoff backoff) {
  return kBackoffs[static_cast<size_t>(backoff)];
}

bool parse(std::string_view name, Backoff& out) {
  const auto found = std::find(kBackoffs.begin(), kBackoffs.end(), name);
  if (found == kBackoffs.end()) return false;
  out = static_cast<Backoff>(found - kBackoffs.begin());
  return true;
}

Duration delay(const DeliveryPolicy& policy, uint32_t failures) {
  uint32_t retry = std::max(failures, 1u) - 1;
  if (retry < policy.immediate) return Duration(0);
  retry -= policy.immediate;
  if (retry < policy.before) return policy.least_delay;
  retry -= policy.before;
  const uint32_t phased = policy.immediate + policy.before + policy.after;
  const uint32_t middle = policy.retries > phased ? policy.retries - phased : 0;
  if (retry < middle) return between(policy, retry, middle);
  return policy.most_delay;
}

DeliveryPolicy standard_policy(std::string_view protocol) {
  using std::chrono::seconds;
  DeliveryPolicy policy;
  if (protocol == "http" || protocol == "https") {
    policy.retries = 3;
    policy.least_delay = policy.most_delay = seconds(20);
    policy.backoff = Backoff::linear;
  } else if (protocol == "lambda") {
    policy.retries = 2;
    policy.least_delay = seconds(60);
    policy.most_delay = seconds(120);
    policy.backoff = Backoff::linear;
  } else {
    policy.retries = 50;
    policy.before = 2;
    policy.after = 38;
    policy.least_delay = seconds(10);
    policy.most_delay = seconds(600);
  }
  return policy;
}

}  // namespace belfry::topic

// How long to wait before the next attempt: exponential backoff with full jitter, so that a
// thousand clients of a peer that came back do not return in step.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/random.h"

namespace belfry::pipeline {

struct BackoffSettings {
  Duration least = std::chrono::milliseconds(100);  // the ceiling of the first wait
  Duration most = std::chrono::seconds(30);         // no wait is longer
};

// The wait after the `failures`th failure in a row (1 is the first): uniform between a tenth of the
// ceiling and the ceiling, least · 2^(failures − 1) or most.
Duration backoff(const BackoffSettings& settings, uint32_t failures, Random& random);

}  // namespace belfry::pipeline

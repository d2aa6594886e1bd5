#include "pipeline/backoff.h"

#include <algorithm>

namespace belfry::pipeline {

Duration backoff(const BackoffSettings& settings, uint32_t failures, Random& random) {
  const int64_t most = std::max<int64_t>(settings.most.count(), 1);
  int64_t ceiling = std::clamp<int64_t>(settings.least.count(), 1, most);
  for (uint32_t i = 1; i < failures && ceiling < most; ++i) {
    ceiling = ceiling > most / 2 ? most : ceiling * 2;
  }
  const int64_t floor = ceiling / 10;
  return Duration(floor +
                  static_cast<int64_t>(random.below(static_cast<uint64_t>(ceiling - floor + 1))));
}

}  // namespace belfry::pipeline

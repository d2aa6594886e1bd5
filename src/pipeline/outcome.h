// What became of an attempt, named by what its caller does next.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "queue/store.h"

namespace belfry::pipeline {

struct [[nodiscard]] Outcome {
  enum class Next {
    done,       // acknowledge
    retry,      // try again later: the fault may pass
    permanent,  // never will do: to the dead letters with the reason
  };
  Next next = Next::retry;
  std::string reason;                   // retry, permanent: for people
  std::optional<Duration> retry_after;  // retry: what the other side asked for
  queue::Batch effects;                 // done: made durable together with the acknowledgement

  static Outcome done(queue::Batch effects = {}) {
    return {Next::done, {}, {}, std::move(effects)};
  }
  static Outcome retry(std::string reason, std::optional<Duration> after = {}) {
    return {Next::retry, std::move(reason), after, {}};
  }
  static Outcome permanent(std::string reason) {
    return {Next::permanent, std::move(reason), {}, {}};
  }
};

}  // namespace belfry::pipeline

// A destination outside belfry that cannot keep a listener's place: a queue or topic of a cloud, a
// broker, a webhook. pipeline/sink_destination.h makes an at-least-once Destination of it.
#pragma once

#include <vector>

#include "base/callback.h"
#include "pipeline/destination.h"

namespace belfry::pipeline {

// Thread-safe: several sends may be open at once, up to the setting of whoever calls.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual size_t most_items() const = 0;  // in one send, ≥ 1: 10 for Amazon SQS
  // Sends items in order; done is called once, from any thread, with one outcome per item. `items`
  // stay valid until then. An outcome's effects are not used.
  virtual void send(const std::vector<Item>& items, Callback<std::vector<Outcome>> done) = 0;
};

}  // namespace belfry::pipeline

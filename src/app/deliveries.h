// A worker for each subscription that has a queue of copies, made and ended as subscriptions are,
// and one for each queue of messages that have no topic: to phones, to devices, to endpoints that
// are asked to confirm. FIFO topics are fanned out here, too (pipeline/fan_out.h).
#pragma once

#include <memory>

#include "app/host.h"
#include "app/senders.h"
#include "app/status.h"
#include "app/storage.h"
#include "base/executor.h"

namespace belfry::app {

class Deliveries {
 public:
  // Everything must outlive it. It watches storage's topics from now on.
  static Result<std::unique_ptr<Deliveries>> make(Host host, Storage& storage, Executor& executor,
                                                  Senders& senders);
  virtual ~Deliveries() = default;

  virtual void start() = 0;
  virtual bool stop(Duration deadline) = 0;  // false: the deadline passed with messages under way
  virtual bool idle() const = 0;             // nothing waits and nothing is under way
  virtual void describe(RuntimeStatus& status) const = 0;
};

}  // namespace belfry::app

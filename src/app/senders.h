// How messages leave belfry: the SMS provider that all subscriptions share, or the outbox.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/host.h"
#include "app/status.h"
#include "app/storage.h"
#include "base/executor.h"
#include "pipeline/handler.h"

namespace belfry::functions {
class LambdaHost;
}

namespace belfry::app {

class Senders {
 public:
  // An error: a setting that the provider's protocol cannot take. All must outlive it; lambdas:
  // null in a dry run.
  static Result<std::unique_ptr<Senders>> make(const Config& config, Host host, Storage& storage,
                                               Executor& executor, functions::LambdaHost* lambdas);
  virtual ~Senders() = default;  // after every handler

  // Of a subscription's copies, to be delivered by that policy.
  virtual std::shared_ptr<pipeline::Handler> handler(const topic::Subscription& subscription,
                                                     const topic::DeliveryPolicy& policy) = 0;
  // Of a queue whose messages name their recipients themselves (topic/direct.h,
  // topic/confirmation.h).
  virtual std::shared_ptr<pipeline::Handler> direct_handler(std::string_view queue) = 0;
  virtual void describe(RuntimeStatus& status) const = 0;
};

}  // namespace belfry::app

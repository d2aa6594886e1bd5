// How messages leave belfry: the SMS provider that all subscriptions share, or the outbox.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/host.h"
#include "app/status.h"
#include "app/storage.h"
#include "pipeline/handler.h"

namespace belfry::app {

class Senders {
 public:
  // An error: a setting that the provider's protocol cannot take. storage must outlive it.
  static Result<std::unique_ptr<Senders>> make(const SmsConfig& config, Host host,
                                               Storage& storage);
  virtual ~Senders() = default;  // after every handler

  virtual std::unique_ptr<pipeline::Handler> handler(const SubscriptionConfig& subscription) = 0;
  virtual void describe(RuntimeStatus& status) const = 0;
};

}  // namespace belfry::app

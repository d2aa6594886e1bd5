// What happens to messages once they are in a queue: a worker for each function and each
// subscription, and the senders that subscriptions share.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/host.h"
#include "app/status.h"
#include "app/storage.h"
#include "base/executor.h"
#include "functions/lambda_host.h"

namespace belfry::app {

class Stages {
 public:
  // All must outlive it. lambdas: null in a dry run, where functions' code is not run.
  static Result<std::unique_ptr<Stages>> make(const Config& config, Host host, Storage& storage,
                                              Executor& executor, functions::LambdaHost* lambdas);
  virtual ~Stages() = default;

  virtual void start() = 0;
  virtual bool stop(Duration deadline) = 0;  // false: the deadline passed with messages under way
  virtual bool idle() const = 0;             // nothing waits and nothing is under way
  virtual void describe(RuntimeStatus& status) const = 0;
};

}  // namespace belfry::app

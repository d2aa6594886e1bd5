// The one place that wires everything: opens the data directory, makes each network's follower with
// its listeners, a worker for each function and subscription, and runs them until told to stop.
//
//   auto runtime = Runtime::open(config, host, folder, version);
//   (*runtime)->start();
//   …
//   (*runtime)->stop(10s);
//
// All functions are thread-safe once open() has returned; start() and stop() are called once each.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/host.h"
#include "app/status.h"
#include "aws/lambda.h"
#include "aws/secrets_store.h"
#include "aws/sns.h"
#include "base/callback.h"
#include "functions/lambda_host.h"
#include "pipeline/replay.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::app {

struct ReplayOrder {
  std::string listener;
  pipeline::Range range;
  std::string into;  // "queue:repair"; empty: where the listener sends, if that is one place
};

struct ReplayStatus {
  std::string id;
  ReplayOrder order;
  pipeline::ReplayProgress progress;
  bool finished = false;
  std::string error;  // of a finished one that failed
};

class Runtime {
 public:
  // An error is for people: the data directory is held, a name is refused, a certificate cannot be
  // read. `config` must have been checked; it is copied.
  static Result<std::unique_ptr<Runtime>> open(const Config& config, Host host,
                                               const std::string& folder,
                                               const std::string& version);
  virtual ~Runtime() = default;

  virtual void start() = 0;
  // Stops reading, lets deliveries and messages under way end, stores places. False if the deadline
  // passed first; then what is left is done again on the next start.
  virtual bool stop(Duration deadline) = 0;

  // Whether every source that ends was read to its end, and functions and subscriptions have
  // nothing left to do.
  virtual bool finished() const = 0;

  virtual RuntimeStatus status() const = 0;
  virtual queue::Store& store() = 0;
  virtual topic::Topics& topics() = 0;
  virtual topic::Notices& notices() = 0;
  virtual aws::Sns& sns() = 0;
  virtual aws::SecretsStore* secrets() = 0;  // null: the configuration needs none
  // Null without the AWS-compatible endpoint, which its functions' SDKs need.
  virtual functions::LambdaHost* lambdas() = 0;
  virtual aws::lambda::Lambda* lambda_api() = 0;  // likewise
  virtual const Config& config() const = 0;
  virtual Clock& clock() = 0;
  virtual void after(Duration delay,
                     Callback<> task) = 0;  // on a thread of its own; dropped by stop()

  // Starts a replay on a thread of its own; its id. At most kMostReplays run at once.
  virtual Result<std::string> replay(ReplayOrder order) = 0;
  virtual std::vector<ReplayStatus> replays() const = 0;

  // Takes the network as it now is for the one that the listener's place belongs to: a rebuilt
  // network counts as a first start, a fork as a continuation. Holds for all listeners of that
  // network.
  virtual Result<void> accept_new_network(const std::string& listener) = 0;
};

inline constexpr size_t kMostReplays = 4;

}  // namespace belfry::app

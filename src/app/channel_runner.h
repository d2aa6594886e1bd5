// One network under way: its source, the follower with all listeners of that network, and replays
// from it.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "app/config.h"
#include "app/host.h"
#include "app/status.h"
#include "app/storage.h"
#include "base/executor.h"
#include "pipeline/destination.h"
#include "pipeline/replay.h"

namespace belfry::app {

std::string target_name(const Target& target);  // "queue:donations"
std::optional<Target> parse_target(std::string_view text);

// Where a target's messages go, with the place kept under checkpoint_key(listener, target).
// `listener` may be a replay's name: its place is belfry's own matter, wherever those of listeners
// are.
Result<std::shared_ptr<pipeline::Destination>> make_destination(const Config& config, Host host,
                                                                Storage& storage,
                                                                Executor& executor,
                                                                const std::string& listener,
                                                                const Target& target);

// A listener as the pipeline takes it, without its destinations.
Result<pipeline::Listener> make_listener(const Named<ListenerConfig>& listener);

class ChannelRunner {
 public:
  // config, storage and executor must outlive it.
  static Result<std::unique_ptr<ChannelRunner>> make(const std::string& network,
                                                     const Config& config, Host host,
                                                     Storage& storage, Executor& executor);
  virtual ~ChannelRunner() = default;

  virtual const std::string& network() const = 0;
  virtual void start() = 0;
  virtual bool stop(Duration deadline) = 0;
  virtual bool finished() const = 0;  // the source ended, and everything was delivered
  virtual NetworkStatus status() const = 0;
  virtual Result<void> accept_new_network() = 0;
  virtual Result<pipeline::ReplayProgress> replay(
      const std::string& listener, pipeline::Listener::To to, pipeline::Range range,
      const std::function<void(const pipeline::ReplayProgress&)>& progress,
      std::stop_token stop) = 0;
};

}  // namespace belfry::app

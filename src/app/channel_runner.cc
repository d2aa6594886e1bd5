#include "app/channel_runner.h"

#include <fmt/format.h>

#include <mutex>

#include "app/network.h"
#include "app/patterns.h"
#include "base/log.h"
#include "fabric/creator_names.h"
#include "functions/body.h"
#include "pipeline/sink_destination.h"
#include "pipeline/store_destination.h"

namespace belfry::app {

namespace {

// How long a follower may take to let go when it is replaced (accept_new_network).
constexpr Duration kReplaceDeadline = std::chrono::seconds(5);

pipeline::Start start_of(const StartConfig& from) {
  using At = pipeline::Start::At;
  switch (from.at) {
    case StartConfig::At::oldest:
      return {At::oldest, 0};
    case StartConfig::At::newest:
      return {At::newest, 0};
    case StartConfig::At::next:
      return {At::next, 0};
    case StartConfig::At::block:
      return {At::block, from.block};
  }
  return {};
}

class Runner final : public ChannelRunner {
 public:
  Runner(std::string name, const Config& config, Host host, Storage& storage, Executor& executor)
      : name_(std::move(name)),
        config_(config),
        host_(host),
        storage_(storage),
        executor_(executor) {}

  Result<void> open() {
    auto network = Network::make(*config_.networks.find(name_), host_, storage_.secret_lookup());
    if (!network) return tl::unexpected(network.error());
    network_ = std::move(*network);
    return make_follower(false);
  }

  const std::string& network() const override { return name_; }

  void start() override {
    std::lock_guard lock(mutex_);
    follower_->start();
  }

  bool stop(Duration deadline) override {
    std::shared_ptr<pipeline::Follower> follower;
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
      follower = follower_;
    }
    return follower->stop(deadline);
  }

  bool finished() const override { return current()->wait_until_finished(Duration(0)); }

  NetworkStatus status() const override {
    NetworkStatus status;
    status.channel = current()->status();
    network_->describe(status);
    return status;
  }

  Result<void> accept_new_network() override {
    std::lock_guard lock(mutex_);
    if (stopped_) return fail("belfry is stopping");
    follower_->stop(kReplaceDeadline);
    if (auto made = make_follower(true); !made) return made;
    follower_->start();
    log::warn("the network as it now is was accepted", {{"network", name_}});
    return {};
  }

  Result<pipeline::ReplayProgress> replay(
      const std::string& listener, pipeline::Listener::To to, pipeline::Range range,
      const std::function<void(const pipeline::ReplayProgress&)>& progress,
      std::stop_token stop) override {
    for (const auto& candidate : config_.listeners) {
      if (candidate.name != listener) continue;
      auto made = make_listener(candidate);
      if (!made) return tl::unexpected(made.error());
      return pipeline::replay(context(), *made, std::move(to), range, {}, progress, stop);
    }
    return fail(fmt::format("there is no listener '{}'", listener));
  }

 private:
  std::shared_ptr<pipeline::Follower> current() const {
    std::lock_guard lock(mutex_);
    return follower_;
  }

  pipeline::ChannelContext context() {
    return {name_,
            network_->channel(),
            network_->source(),
            network_->verifier(),
            names_.resolver(),
            host_.clock,
            host_.random,
            executor_};
  }

  Result<void> make_follower(bool accept_new_network) {
    std::vector<pipeline::Listener> listeners;
    for (const auto& listener : config_.listeners) {
      if (listener.value.network.value != name_) continue;
      auto made = make_listener(listener);
      if (!made) return fail(fmt::format("listener {}: {}", listener.name, made.error().message));
      for (const Target& target : listener.value.to) {
        auto destination =
            make_destination(config_, host_, storage_, executor_, listener.name, target);
        if (!destination) return tl::unexpected(destination.error());
        made->to.push_back({target_name(target), std::move(*destination)});
      }
      listeners.push_back(std::move(*made));
    }
    pipeline::FollowerSettings settings;
    settings.accept_new_network = accept_new_network;
    settings.late_private_data = config_.networks.find(name_)->late_private_data;
    auto follower = pipeline::Follower::make(context(), std::move(listeners), settings);
    if (!follower) return tl::unexpected(follower.error());
    follower_ = std::move(*follower);
    return {};
  }

  const std::string name_;
  const Config& config_;
  const Host host_;
  Storage& storage_;
  Executor& executor_;
  fabric::CreatorNames names_;
  std::unique_ptr<Network> network_;
  mutable std::mutex mutex_;
  std::shared_ptr<pipeline::Follower> follower_;
  bool stopped_ = false;
};

}  // namespace

std::string target_name(const Target& target) {
  constexpr std::string_view kKinds[] = {"queue", "topic", "function", "sqs", "sns", "lambda"};
  return fmt::format("{}:{}", kKinds[static_cast<int>(target.kind)], target.name);
}

std::optional<Target> parse_target(std::string_view text) {
  for (const auto& [prefix, kind] :
       {std::pair<std::string_view, Target::Kind>{"queue:", Target::Kind::queue},
        {"topic:", Target::Kind::topic},
        {"function:", Target::Kind::function},
        {"sqs:", Target::Kind::sqs},
        {"sns:", Target::Kind::sns},
        {"lambda:", Target::Kind::lambda}})
    if (text.starts_with(prefix) && text.size() > prefix.size())
      return Target{kind, std::string(text.substr(prefix.size())), {}};
  return {};
}

namespace {

Result<std::shared_ptr<pipeline::Destination>> cloud_destination(const Config& config, Host host,
                                                                 Storage& storage,
                                                                 Executor& executor,
                                                                 const std::string& listener,
                                                                 const Target& target) {
  if (!storage.cloud) return fail(fmt::format("{} needs `cloud` settings", target_name(target)));
  const std::string key = pipeline::checkpoint_key(listener, target_name(target));
  pipeline::SinkSettings settings;
  // In order, one request at a time, where the order is what the queue or topic is for.
  if (target.name.ends_with(".fifo")) settings.sends_in_flight = 1;
  return pipeline::sink_destination(
      storage.cloud->sink(target), *storage.store, key, host.random, executor, settings,
      config.listeners.find(listener) ? storage.cloud->places(key) : nullptr);
}

}  // namespace

Result<std::shared_ptr<pipeline::Destination>> make_destination(const Config& config, Host host,
                                                                Storage& storage,
                                                                Executor& executor,
                                                                const std::string& listener,
                                                                const Target& target) {
  const std::string key = pipeline::checkpoint_key(listener, target_name(target));
  const auto shared = [](Result<std::unique_ptr<pipeline::Destination>> made)
      -> Result<std::shared_ptr<pipeline::Destination>> {
    if (!made) return tl::unexpected(made.error());
    return std::shared_ptr(std::move(*made));
  };
  switch (target.kind) {
    case Target::Kind::queue:
      return shared(pipeline::queue_destination(*storage.store, key, target.name));
    case Target::Kind::topic:
      return shared(pipeline::topic_destination(*storage.store, *storage.topics, key, target.name));
    case Target::Kind::function:
      for (const auto& function : config.functions)
        if (function.name == target.name)
          return shared(pipeline::queue_destination(*storage.store, key, function_queue(function)));
      break;
    case Target::Kind::sqs:
    case Target::Kind::sns:
    case Target::Kind::lambda:
      return cloud_destination(config, host, storage, executor, listener, target);
  }
  return fail(fmt::format("there is no {}", target_name(target)));
}

Result<pipeline::Listener> make_listener(const Named<ListenerConfig>& listener) {
  const ListenerConfig& config = listener.value;
  pipeline::Listener made;
  made.name = listener.name;
  made.from = start_of(config.from);
  auto pattern = listener_pattern(config.match.value, config.invalid);
  if (!pattern) return fail(pattern.error().message);
  made.match = *pattern;
  if (!config.body.empty()) {
    auto body = functions::make_body(config.body.value);
    if (!body) return fail(body.error().message);
    made.body = std::move(*body);
  }
  return made;
}

Result<std::unique_ptr<ChannelRunner>> ChannelRunner::make(const std::string& network,
                                                           const Config& config, Host host,
                                                           Storage& storage, Executor& executor) {
  auto runner = std::make_unique<Runner>(network, config, host, storage, executor);
  if (auto opened = runner->open(); !opened) return tl::unexpected(opened.error());
  return Result<std::unique_ptr<ChannelRunner>>(std::move(runner));
}

}  // namespace belfry::app

#include "app/runtime.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "app/channel_runner.h"
#include "app/lambdas.h"
#include "app/stages.h"
#include "app/storage.h"
#include "base/log.h"
#include "base/nearest.h"
#include "sinks/outbox.h"
#include "sinks/sms_handler.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace belfry::app {

namespace {

constexpr size_t kReplaysRemembered = 100;

class Replay {
 public:
  Replay(std::string id, ReplayOrder order) {
    status_.id = std::move(id), status_.order = std::move(order);
  }

  void run(ChannelRunner& channel, pipeline::Listener::To to) {
    thread_ = std::jthread([this, &channel, to = std::move(to)](std::stop_token stop) mutable {
      const auto result = channel.replay(
          status_.order.listener, std::move(to), status_.order.range,
          [this](const pipeline::ReplayProgress& progress) {
            std::lock_guard lock(mutex_);
            status_.progress = progress;
          },
          stop);
      std::lock_guard lock(mutex_);
      status_.finished = true;
      if (result) {
        status_.progress = *result;
        log::info("replay is done", {{"replay", status_.id}, {"events", result->events}});
      } else {
        status_.error = result.error().message;
        log::error("replay failed", {{"replay", status_.id}, {"reason", status_.error}});
      }
    });
  }

  ReplayStatus status() const {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  ReplayStatus status_;
  std::jthread thread_;  // last: stops and joins before what it uses goes
};

// Queues that are part of something else that status shows.
bool is_inner(std::string_view name) {
  return name.starts_with(".sub.") || name.starts_with(topic::kTopicQueuePrefix) ||
         name == sinks::kOutboxQueue || name == sinks::kSentQueue ||
         name == topic::kConfirmationQueue || name == topic::kPhoneQueue ||
         name == topic::kDeviceQueue;
}

class RuntimeImpl final : public Runtime {
 public:
  RuntimeImpl(const Config& config, Host host, std::string folder, const std::string& version,
              Storage storage)
      : config_(config),
        host_(host),
        folder_(std::move(folder)),
        storage_(std::move(storage)),
        executor_(thread_executor(static_cast<int>(config.limits.threads))) {
    version_ = version;
    started_ = host.clock.now();
  }

  ~RuntimeImpl() override {
    replays_.clear();
    channels_.clear();
    stages_.reset();
    lambda_api_.reset();
    lambdas_.reset();
    if (storage_.cloud) storage_.cloud->stop();
    executor_.reset();
  }

  Result<void> wire() {
    if (auto declared = declare_stages(config_, storage_); !declared) return declared;
    const auto names = config_.topics.names();
    sns_ = std::make_unique<aws::Sns>(*storage_.store, *storage_.topics, *storage_.notices,
                                      host_.clock, host_.random,
                                      aws::Sns::Options{{names.begin(), names.end()}});
    if (config_.aws) {
      auto lambdas = start_lambda_host(config_, host_, folder_);
      if (!lambdas) return tl::unexpected(lambdas.error());
      lambdas_ = std::move(*lambdas);
      auto api = open_lambda_api(config_, host_, folder_, storage_, *lambdas_, *executor_);
      if (!api) return tl::unexpected(api.error());
      lambda_api_ = std::move(*api);
    }
    auto stages = Stages::make(config_, host_, storage_, *executor_, lambdas_.get());
    if (!stages) return tl::unexpected(stages.error());
    stages_ = std::move(*stages);
    for (const auto& network : config_.networks) {
      if (listeners_of(network.name) == 0) continue;
      auto channel = ChannelRunner::make(network.name, config_, host_, storage_, *executor_);
      if (!channel)
        return fail(fmt::format("network {}: {}", network.name, channel.error().message));
      channels_.push_back(std::move(*channel));
    }
    return {};
  }

  void start() override {
    stages_->start();
    if (lambda_api_) lambda_api_->start();
    for (auto& channel : channels_) channel->start();
  }

  bool stop(Duration deadline) override {
    stopping_ = true;
    const Duration ends = host_.clock.monotonic() + deadline;
    {
      std::lock_guard lock(mutex_);
      replays_.clear();
    }
    // Reading first: what it hands on still passes the workers. A quarter is left for these.
    bool in_time = true;
    {
      std::vector<std::jthread> stoppers;
      std::vector<char> stopped(channels_.size());
      for (size_t i = 0; i < channels_.size(); ++i)
        stoppers.emplace_back(
            [this, i, deadline, &stopped] { stopped[i] = channels_[i]->stop(deadline * 3 / 4); });
      stoppers.clear();
      in_time = std::ranges::all_of(stopped, [](char it) { return it != 0; });
    }
    if (lambda_api_)
      in_time =
          lambda_api_->stop(std::max(Duration(0), ends - host_.clock.monotonic()) / 2) && in_time;
    return stages_->stop(std::max(Duration(0), ends - host_.clock.monotonic())) && in_time;
  }

  bool finished() const override {
    return std::ranges::all_of(channels_,
                               [](const auto& channel) { return channel->finished(); }) &&
           stages_->idle();
  }

  RuntimeStatus status() const override {
    RuntimeStatus status;
    status.version = version_;
    status.started = started_;
    status.stopping = stopping_;
    status.store_full = storage_.store->full();
    for (const auto& channel : channels_) status.networks.push_back(channel->status());
    for (const std::string& name : storage_.store->queue_names()) {
      const auto id = storage_.store->find_queue(name);
      if (!id || is_inner(name)) continue;
      const auto settings = storage_.store->settings(*id);
      status.queues.push_back({name, storage_.store->counts(*id),
                               settings.dead_letter ? settings.dead_letter->queue : std::string()});
    }
    stages_->describe(status);
    return status;
  }

  queue::Store& store() override { return *storage_.store; }
  topic::Topics& topics() override { return *storage_.topics; }
  topic::Notices& notices() override { return *storage_.notices; }
  aws::Sns& sns() override { return *sns_; }
  aws::SecretsStore* secrets() override { return storage_.secrets.get(); }
  functions::LambdaHost* lambdas() override { return lambdas_.get(); }
  aws::lambda::Lambda* lambda_api() override { return lambda_api_.get(); }
  const Config& config() const override { return config_; }
  Clock& clock() override { return host_.clock; }
  void after(Duration delay, Callback<> task) override {
    executor_->post_after(delay, std::move(task));
  }

  Result<std::string> replay(ReplayOrder order) override {
    const ListenerConfig* listener = config_.listeners.find(order.listener);
    if (!listener)
      return fail(fmt::format("there is no listener '{}'{}", order.listener,
                              suggestion(order.listener, config_.listeners.names())));
    if (order.range.first > order.range.last)
      return fail(
          fmt::format("block {} comes after block {}", order.range.first, order.range.last));
    std::vector<std::string> targets;
    for (const Target& target : listener->to) targets.push_back(target_name(target));
    if (order.into.empty()) {
      if (targets.size() != 1)
        return fail(fmt::format(
            "listener '{}' sends to several places: name one of {} as the one to replay into",
            order.listener, fmt::join(targets, ", ")));
      order.into = targets[0];
    }
    ChannelRunner* channel = channel_of(listener->network.value);
    const std::string id = fmt::format("replay-{}-{}-{}-{}", order.listener, order.range.first,
                                       order.range.last, host_.random.below(1'000'000'000));
    const auto target = parse_target(order.into);
    if (!target)
      return fail(fmt::format(
          "'{}' is no place to replay into: queue:NAME, topic:NAME, function:NAME, sqs:NAME, "
          "sns:ARN or lambda:NAME",
          order.into));
    auto to = make_destination(config_, host_, storage_, *executor_, id, *target);
    if (!to) return tl::unexpected(to.error());

    std::lock_guard lock(mutex_);
    if (stopping_) return fail("belfry is stopping");
    const auto running =
        std::ranges::count_if(replays_, [](const auto& it) { return !it->status().finished; });
    if (static_cast<size_t>(running) >= kMostReplays)
      return fail(fmt::format("{} replays are running: wait for one to end", running));
    if (replays_.size() >= kReplaysRemembered)
      std::erase_if(replays_, [](const auto& it) { return it->status().finished; });
    replays_.push_back(std::make_unique<Replay>(id, std::move(order)));
    replays_.back()->run(*channel, {replays_.back()->status().order.into, std::move(*to)});
    return id;
  }

  std::vector<ReplayStatus> replays() const override {
    std::lock_guard lock(mutex_);
    std::vector<ReplayStatus> out;
    for (const auto& replay : replays_) out.push_back(replay->status());
    return out;
  }

  Result<void> accept_new_network(const std::string& name) override {
    const ListenerConfig* listener = config_.listeners.find(name);
    if (!listener)
      return fail(fmt::format("there is no listener '{}'{}", name,
                              suggestion(name, config_.listeners.names())));
    return channel_of(listener->network.value)->accept_new_network();
  }

 private:
  size_t listeners_of(const std::string& network) const {
    return static_cast<size_t>(std::ranges::count_if(
        config_.listeners, [&](const auto& it) { return it.value.network.value == network; }));
  }

  ChannelRunner* channel_of(const std::string& network) const {
    for (const auto& channel : channels_)
      if (channel->network() == network) return channel.get();
    return nullptr;  // not reached: each listener's network has a runner
  }

  const Config config_;
  const Host host_;
  const std::string folder_;
  std::string version_;
  WallTime started_{};
  std::atomic<bool> stopping_ = false;
  Storage storage_;
  std::unique_ptr<aws::Sns> sns_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<functions::LambdaHost> lambdas_;
  std::unique_ptr<aws::lambda::Lambda> lambda_api_;
  std::unique_ptr<Stages> stages_;
  std::vector<std::unique_ptr<ChannelRunner>> channels_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Replay>> replays_;
};

// The secrets kept here, AWS as a client of it, and then what the configuration takes from either.
Result<void> open_secret_stores(Config& config, Host host, const std::string& folder,
                                Storage& storage) {
  Text& cloud_key = config.cloud.secret_key;  // never from the cloud itself
  if (config.aws || cloud_key.secret || (needs_secrets(config) && !config.cloud.secrets)) {
    auto secrets = open_secrets(host, config.secrets, folder, *storage.store);
    if (!secrets) return tl::unexpected(secrets.error());
    storage.secrets = std::move(*secrets);
  }
  if (cloud_key.secret) {
    auto value = storage.secrets->current(cloud_key.value);
    if (!value) return fail("cloud.secret_key: " + value.error().message);
    cloud_key = {std::move(*value), cloud_key.at};
  }
  if (needs_cloud(config)) {
    auto amazon = Amazon::make(config.cloud, host);
    if (!amazon) return tl::unexpected(amazon.error());
    storage.cloud = std::move(*amazon);
  }
  if (!needs_secrets(config)) return {};
  return resolve_secrets(config, storage.secret_lookup());
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::open(const Config& config, Host host,
                                               const std::string& folder,
                                               const std::string& version) {
  auto storage = open_storage(host, folder, config.limits, true);
  if (!storage) return tl::unexpected(storage.error());
  Config resolved = config;
  if (auto opened = open_secret_stores(resolved, host, folder, *storage); !opened)
    return tl::unexpected(opened.error());
  auto runtime =
      std::make_unique<RuntimeImpl>(resolved, host, folder, version, std::move(*storage));
  if (auto wired = runtime->wire(); !wired) return tl::unexpected(wired.error());
  return Result<std::unique_ptr<Runtime>>(std::move(runtime));
}

}  // namespace belfry::app

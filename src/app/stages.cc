#include "app/stages.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "app/deliveries.h"
#include "app/lambdas.h"
#include "app/senders.h"
#include "functions/template_handler.h"
#include "pipeline/worker.h"

namespace belfry::app {

namespace {

struct Station {  // a handler with the worker that feeds it
  std::unique_ptr<pipeline::Handler> handler;
  std::unique_ptr<pipeline::Worker> worker;
  queue::QueueId queue = 0;
};

// What stands for a function's code in a dry run.
class NotRun final : public pipeline::Handler {
 public:
  void handle(const queue::Received&, Callback<pipeline::Outcome> done) override {
    done(pipeline::Outcome::done());
  }
};

functions::Sending sending_of(const Config& config, const FunctionConfig& function,
                              Storage& storage) {
  std::vector<std::variant<functions::ToTopic, functions::ToQueue>> to;
  for (const Target& target : function.to) {
    if (target.kind == Target::Kind::topic) {
      to.emplace_back(functions::ToTopic{target.name});
      continue;
    }
    std::string queue = target.name;
    for (const auto& other : config.functions)
      if (target.kind == Target::Kind::function && other.name == target.name)
        queue = function_queue(other);
    to.emplace_back(functions::ToQueue{*storage.store->find_queue(queue)});
  }
  return functions::Sending(std::move(to), *storage.topics);
}

Result<std::unique_ptr<pipeline::Handler>> template_handler(const Config& config,
                                                            const FunctionConfig& function,
                                                            Storage& storage) {
  auto text =
      functions::Template::parse(function.body_template.value, functions::Template::Output::text);
  if (!text) return fail(text.error().message);
  return std::make_unique<functions::TemplateHandler>(std::move(*text), std::nullopt,
                                                      sending_of(config, function, storage));
}

class StagesImpl final : public Stages {
 public:
  StagesImpl(const Config& config, Host host, Storage& storage, Executor& executor,
             functions::LambdaHost* lambdas)
      : config_(config), host_(host), storage_(storage), executor_(executor), lambdas_(lambdas) {}

  Result<void> open() {
    auto senders = Senders::make(config_, host_, storage_, executor_, lambdas_);
    if (!senders) return tl::unexpected(senders.error());
    senders_ = std::move(*senders);
    for (const auto& function : config_.functions) {
      auto station = function_station(function);
      if (!station)
        return fail(fmt::format("function {}: {}", function.name, station.error().message));
      functions_.push_back(std::move(*station));
    }
    auto deliveries = Deliveries::make(host_, storage_, executor_, *senders_);
    if (!deliveries) return tl::unexpected(deliveries.error());
    deliveries_ = std::move(*deliveries);
    return {};
  }

  void start() override {
    for (Station& station : functions_) station.worker->start();
    deliveries_->start();
  }

  // Functions first: what they publish may still be delivered.
  bool stop(Duration deadline) override {
    const Duration ends = host_.clock.monotonic() + deadline;
    // All at once: each may need the whole time.
    std::mutex mutex;
    std::condition_variable changed;
    size_t left = functions_.size();
    for (Station& station : functions_)
      station.worker->stop(deadline, [&] {
        std::lock_guard lock(mutex);
        --left;
        changed.notify_one();
      });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return left == 0; });
    const bool delivered = deliveries_->stop(std::max(Duration(0), ends - host_.clock.monotonic()));
    return active() == 0 && delivered;
  }

  bool idle() const override {
    for (const Station& station : functions_) {
      const queue::QueueCounts counts = storage_.store->counts(station.queue);
      if (counts.visible + counts.in_flight + counts.delayed != 0) return false;
    }
    return active() == 0 && deliveries_->idle();
  }

  void describe(RuntimeStatus& status) const override {
    for (size_t i = 0; i < functions_.size(); ++i)
      status.functions.push_back(
          {config_.functions.entries[i].name, functions_[i].worker->status()});
    deliveries_->describe(status);
    senders_->describe(status);
  }

 private:
  pipeline::WorkerSettings function_settings(const Named<FunctionConfig>& function) const {
    pipeline::WorkerSettings settings;
    settings.concurrency = function.value.concurrency;
    settings.retry = {function.value.retry.least_delay, function.value.retry.most_delay};
    settings.dead_letter_queue = function.value.dead_letter.value;
    const queue::QueueSettings queue =
        storage_.store->settings(*storage_.store->find_queue(function_queue(function)));
    settings.visibility = queue.visibility_timeout;
    if (!queue.dead_letter)
      settings.attempts = function.value.retry.retries + 1;  // else the queue counts
    return settings;
  }

  Result<Station> function_station(const Named<FunctionConfig>& function) {
    if (function.value.lambda && lambdas_) {
      auto worker = lambda_worker(config_, function, host_, storage_, *lambdas_,
                                  sending_of(config_, function.value, storage_), executor_);
      if (!worker) return tl::unexpected(worker.error());
      return Station{nullptr, std::move(*worker),
                     *storage_.store->find_queue(function_queue(function))};
    }
    Result<std::unique_ptr<pipeline::Handler>> handler =
        function.value.lambda ? std::make_unique<NotRun>()
                              : template_handler(config_, function.value, storage_);
    if (!handler) return tl::unexpected(handler.error());
    return make_station(std::move(*handler), function_queue(function), function_settings(function));
  }

  Result<Station> make_station(std::unique_ptr<pipeline::Handler> handler, const std::string& queue,
                               pipeline::WorkerSettings settings) {
    auto worker = pipeline::Worker::make(*storage_.store, queue, *handler, host_.random, executor_,
                                         std::move(settings));
    if (!worker) return tl::unexpected(worker.error());
    return Station{std::move(handler), std::move(*worker), *storage_.store->find_queue(queue)};
  }

  size_t active() const {
    size_t active = 0;
    for (const Station& station : functions_) active += station.worker->status().active;
    return active;
  }

  const Config& config_;
  const Host host_;
  Storage& storage_;
  Executor& executor_;
  functions::LambdaHost* const lambdas_;
  std::unique_ptr<Senders> senders_;
  std::vector<Station> functions_;
  std::unique_ptr<Deliveries> deliveries_;
};

}  // namespace

Result<std::unique_ptr<Stages>> Stages::make(const Config& config, Host host, Storage& storage,
                                             Executor& executor, functions::LambdaHost* lambdas) {
  auto stages = std::make_unique<StagesImpl>(config, host, storage, executor, lambdas);
  if (auto opened = stages->open(); !opened) return tl::unexpected(opened.error());
  return Result<std::unique_ptr<Stages>>(std::move(stages));
}

}  // namespace belfry::app

#include "app/deliveries.h"

#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "base/log.h"
#include "pipeline/fan_out.h"
#include "pipeline/worker.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace belfry::app {

namespace {

struct Station {  // a worker, and what it works for
  std::string topic, id, protocol, endpoint;
  std::unique_ptr<pipeline::Worker> worker;
  queue::QueueId queue = 0;
};

class DeliveriesImpl final : public Deliveries {
 public:
  DeliveriesImpl(Host host, Storage& storage, Executor& executor, Senders& senders)
      : host_(host), storage_(storage), executor_(executor), senders_(senders) {}

  ~DeliveriesImpl() override { storage_.topics->watch(nullptr); }

  Result<void> open() {
    if (auto opened = topic::open_confirmations(*storage_.store); !opened) return opened;
    if (auto opened = topic::open_direct_queues(*storage_.store); !opened) return opened;
    for (const std::string_view queue :
         {topic::kPhoneQueue, topic::kDeviceQueue, topic::kConfirmationQueue}) {
      Station station{"", std::string(queue.substr(1)), "", "", nullptr, 0};
      const auto policy =
          topic::standard_policy(queue == topic::kConfirmationQueue ? "http" : "sms");
      if (auto opened = open_station(station, std::string(queue), senders_.direct_handler(queue),
                                     policy, false, "");
          !opened)
        return opened;
      direct_.push_back(std::move(station));
    }
    storage_.topics->watch([this](const std::string& topic, const std::string& id) {
      std::lock_guard lock(mutex_);
      id.empty() ? sync_topic(topic) : sync(topic, id);
    });
    std::lock_guard lock(mutex_);
    for (const auto& topic : storage_.topics->topics()) {
      sync_topic(topic);
      for (const auto& subscription : storage_.topics->subscriptions(topic))
        sync(topic, subscription.id);
    }
    return {};
  }

  void start() override {
    std::lock_guard lock(mutex_);
    started_ = true;
    for (auto& [topic, fan_out] : fan_outs_) fan_out->start();
    for (auto& [name, station] : stations_) station.worker->start();
    for (Station& station : direct_) station.worker->start();
  }

  bool stop(Duration deadline) override {
    // All at once: each may need the whole time.
    std::mutex mutex;
    std::condition_variable changed;
    size_t left = 1;
    const auto one_less = [&] {
      std::lock_guard lock(mutex);
      --left;
      changed.notify_one();
    };
    {
      std::lock_guard lock(mutex_);
      started_ = false;
      {
        std::lock_guard counting(mutex);
        left += fan_outs_.size() + stations_.size() + direct_.size();
      }
      for (auto& [topic, fan_out] : fan_outs_) fan_out->stop(one_less);
      for (auto& [name, station] : stations_) station.worker->stop(deadline, one_less);
      for (Station& station : direct_) station.worker->stop(deadline, one_less);
    }
    one_less();
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return left == 0; });
    return active() == 0;
  }

  bool idle() const override {
    std::lock_guard lock(mutex_);
    for (const auto& [topic, fan_out] : fan_outs_)
      if (waiting(fan_out->queue()) != 0) return false;
    for (const auto& [name, station] : stations_)
      if (waiting(station.queue) != 0 || station.worker->status().active != 0) return false;
    for (const Station& station : direct_)
      if (waiting(station.queue) != 0 || station.worker->status().active != 0) return false;
    return true;
  }

  void describe(RuntimeStatus& status) const override {
    std::lock_guard lock(mutex_);
    for (const auto& [name, it] : stations_)
      status.subscriptions.push_back(
          {it.topic, it.id, it.protocol, it.endpoint, waiting(it.queue), it.worker->status()});
  }

 private:
  uint64_t waiting(queue::QueueId queue) const {
    const queue::QueueCounts counts = storage_.store->counts(queue);
    return counts.visible + counts.in_flight + counts.delayed;
  }

  size_t active() const {
    std::lock_guard lock(mutex_);
    size_t active = 0;
    for (const auto& [name, station] : stations_) active += station.worker->status().active;
    for (const Station& station : direct_) active += station.worker->status().active;
    return active;
  }

  Result<void> open_station(Station& station, const std::string& queue,
                            std::shared_ptr<pipeline::Handler> handler,
                            const topic::DeliveryPolicy& policy, bool spread,
                            const std::string& dead_letters) {
    pipeline::WorkerSettings settings;
    settings.attempts = policy.retries + 1;
    settings.retry = {policy.least_delay, policy.most_delay};
    // The delays of belfry.yaml are spread at random, as between belfry's own stages.
    if (!spread)
      settings.delay = [policy](uint32_t failures) { return topic::delay(policy, failures); };
    if (!dead_letters.empty() && storage_.store->find_queue(dead_letters))
      settings.dead_letter_queue = dead_letters;
    if (topic::is_fifo(station.topic)) settings.concurrency = settings.batch = 1;  // in order
    auto worker = pipeline::Worker::make(*storage_.store, queue, std::move(handler), host_.random,
                                         executor_, std::move(settings));
    if (!worker) return tl::unexpected(worker.error());
    station.worker = std::move(*worker);
    station.queue = *storage_.store->find_queue(queue);
    return {};
  }

  // Makes the stations what the topics say. With the lock held.
  void sync(const std::string& topic, const std::string& id) {
    stations_.erase({topic, id});
    const auto subscription = storage_.topics->subscription(topic, id);
    const auto settings = storage_.topics->settings(topic);
    if (!subscription || !settings || subscription->pending || topic::is_direct(*subscription))
      return;
    Station station{topic, id, subscription->protocol, subscription->endpoint, nullptr, 0};
    const auto policy = topic::effective_policy(*subscription, *settings);
    auto opened = open_station(station, topic::subscription_queue(topic, id),
                               senders_.handler(*subscription, policy), policy,
                               subscription->declared, subscription->dead_letter_queue);
    if (!opened) {
      log::error("a subscription is out of use",
                 {{"topic", topic}, {"id", id}, {"reason", opened.error().message}});
      return;
    }
    if (started_) station.worker->start();
    stations_.emplace(std::pair(topic, id), std::move(station));
  }

  void sync_topic(const std::string& topic) {
    const bool there = topic::is_fifo(topic) && storage_.topics->settings(topic);
    if (!there) {
      fan_outs_.erase(topic);
      return;
    }
    if (fan_outs_.contains(topic)) return;
    auto fan_out = pipeline::FanOut::make(*storage_.store, *storage_.topics, executor_, topic);
    if (!fan_out) return;  // the topic was deleted meanwhile
    if (started_) (*fan_out)->start();
    fan_outs_.emplace(topic, std::move(*fan_out));
  }

  const Host host_;
  Storage& storage_;
  Executor& executor_;
  Senders& senders_;
  mutable std::mutex mutex_;
  bool started_ = false;
  std::map<std::string, std::unique_ptr<pipeline::FanOut>> fan_outs_;
  std::map<std::pair<std::string, std::string>, Station> stations_;  // by topic and id
  std::vector<Station> direct_;
};

}  // namespace

Result<std::unique_ptr<Deliveries>> Deliveries::make(Host host, Storage& storage,
                                                     Executor& executor, Senders& senders) {
  auto deliveries = std::make_unique<DeliveriesImpl>(host, storage, executor, senders);
  if (auto opened = deliveries->open(); !opened) return tl::unexpected(opened.error());
  return Result<std::unique_ptr<Deliveries>>(std::move(deliveries));
}

}  // namespace belfry::app

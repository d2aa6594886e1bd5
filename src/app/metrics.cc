#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <sstream>

#include "app/status.h"

namespace belfry::app {

namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;
using prometheus::MetricType;

class Metrics {
 public:
  void counter(const char* name, const char* help, Labels labels, double value) {
    add(MetricType::Counter, name, help, std::move(labels), value);
  }
  void gauge(const char* name, const char* help, Labels labels, double value) {
    add(MetricType::Gauge, name, help, std::move(labels), value);
  }
  const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  void add(MetricType type, const char* name, const char* help, Labels labels, double value) {
    prometheus::MetricFamily* family = nullptr;
    for (auto& candidate : families_)
      if (candidate.name == name) family = &candidate;
    if (!family) family = &families_.emplace_back(prometheus::MetricFamily{name, help, type, {}});
    prometheus::ClientMetric& metric = family->metric.emplace_back();
    metric.label = std::move(labels);
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  }

  std::vector<prometheus::MetricFamily> families_;  // some forty
};

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
double number(uint64_t value) {
  return static_cast<double>(value);
}

void add_network(Metrics& metrics, const NetworkStatus& network, WallTime now) {
  const pipeline::ChannelStatus& channel = network.channel;
  const Labels labels{{"network", channel.network}};
  metrics.gauge("belfry_network_height", "Highest block count seen at the network.", labels,
                number(channel.height));
  metrics.counter("belfry_network_blocks_total", "Blocks read.", labels, number(channel.blocks));
  metrics.counter("belfry_network_bytes_total", "Bytes of blocks read.", labels,
                  number(channel.bytes));
  metrics.counter("belfry_network_events_total", "Events that some listener wanted.", labels,
                  number(channel.events));
  metrics.counter("belfry_network_reconnects_total", "Streams that ended and were opened again.",
                  labels, number(channel.reconnects));
  metrics.gauge("belfry_network_waiting",
                "1 while waiting between two attempts to reach the network.", labels,
                channel.waiting);
  if (!channel.code.empty())
    metrics.gauge("belfry_network_trouble",
                  "1 for what keeps blocks from flowing now, by its code (docs/peers.md).",
                  {{"network", channel.network}, {"code", channel.code}}, 1);
  if (network.certificate_ends)
    metrics.gauge(
        "belfry_certificate_days_left", "Days until the signing certificate ends.", labels,
        std::chrono::duration<double, std::ratio<86400>>(*network.certificate_ends - now).count());
  for (const PeerStatus& peer : network.peers)
    metrics.gauge("belfry_peer_failures", "Failures of a peer in a row.",
                  {{"network", channel.network}, {"peer", peer.address}}, number(peer.failures));
  for (const pipeline::LaneStatus& lane : channel.lanes) {
    const Labels of_lane{{"listener", lane.listener}, {"to", lane.destination}};
    metrics.gauge("belfry_listener_next_block",
                  "The listener's place: every event before this block has arrived.", of_lane,
                  number(lane.place.block));
    metrics.gauge("belfry_listener_lag_blocks",
                  "Blocks between the listener's place and the height.", of_lane,
                  number(lane.lag_blocks));
    metrics.gauge("belfry_listener_lag_seconds",
                  "Age of the oldest block still ahead of the listener; 0 at the tip.", of_lane,
                  seconds(lane.lag));
    metrics.gauge("belfry_listener_in_flight", "Events read and not yet delivered.", of_lane,
                  number(lane.pending));
    metrics.gauge("belfry_listener_stopped", "1 if a person must act before the listener goes on.",
                  of_lane, lane.state == pipeline::LaneState::stopped);
    metrics.counter("belfry_listener_delivered_total", "Events delivered.", of_lane,
                    number(lane.delivered));
    metrics.counter("belfry_listener_refused_total",
                    "Events whose body could not be made: they are dead letters.", of_lane,
                    number(lane.refused));
    metrics.gauge("belfry_listener_private_data_gaps",
                  "Runs of private writes whose data the peer lacked and that may still come.",
                  of_lane, number(lane.gaps));
    metrics.counter("belfry_listener_private_data_given_up_total",
                    "Such runs that are waited for no more: they were not delivered.", of_lane,
                    number(lane.gaps_given_up));
    metrics.counter("belfry_listener_retries_total", "Deliveries that were tried again.", of_lane,
                    number(lane.retries));
  }
}

void add_worker(Metrics& metrics, const Labels& labels, const pipeline::WorkerStatus& worker) {
  metrics.gauge("belfry_worker_in_flight", "Messages being worked on.", labels,
                number(worker.active));
  metrics.counter("belfry_worker_done_total", "Messages done.", labels, number(worker.done));
  metrics.counter("belfry_worker_retries_total", "Attempts that will be repeated.", labels,
                  number(worker.retries));
  metrics.counter("belfry_worker_dead_letters_total", "Messages given up: they are dead letters.",
                  labels, number(worker.dead_letters));
}

}  // namespace

std::string metrics_text(const RuntimeStatus& status, WallTime now) {
  Metrics metrics;
  metrics.gauge("belfry_info", "The version.", {{"version", status.version}}, 1);
  metrics.gauge("belfry_start_time_seconds", "When this process started.", {},
                seconds(status.started.time_since_epoch()));
  metrics.gauge("belfry_ready", "1 if every listener is under way.", {}, is_ready(status));
  metrics.gauge("belfry_store_full", "1 if the data folder has no room for what needs room.", {},
                status.store_full);
  for (const NetworkStatus& network : status.networks) add_network(metrics, network, now);
  for (const QueueStatus& queue : status.queues) {
    const Labels labels{{"queue", queue.name}};
    metrics.gauge("belfry_queue_visible", "Messages waiting.", labels,
                  number(queue.counts.visible));
    metrics.gauge("belfry_queue_in_flight", "Messages received and not deleted.", labels,
                  number(queue.counts.in_flight));
    metrics.gauge("belfry_queue_delayed", "Messages hidden until later.", labels,
                  number(queue.counts.delayed));
    const bool any = queue.counts.oldest.time_since_epoch().count() != 0;
    metrics.gauge("belfry_queue_oldest_seconds", "Age of the oldest message; 0 without one.",
                  labels, any ? seconds(now - queue.counts.oldest) : 0);
  }
  for (const FunctionStatus& function : status.functions)
    add_worker(metrics, {{"kind", "function"}, {"name", function.name}}, function.worker);
  for (const SubscriptionStatus& subscription : status.subscriptions)
    add_worker(metrics,
               {{"kind", "subscription"}, {"name", subscription.topic + "/" + subscription.id}},
               subscription.worker);
  for (const ProviderStatus& provider : status.providers) {
    const Labels labels{{"provider", provider.name}};
    metrics.gauge("belfry_provider_connected", "1 if the provider can be sent to.", labels,
                  provider.connected);
    metrics.counter("belfry_provider_sent_total", "Messages handed to the provider.", labels,
                    number(provider.sent));
    metrics.counter("belfry_provider_retried_total", "Messages the provider put off.", labels,
                    number(provider.retried));
    metrics.counter("belfry_provider_refused_total", "Messages the provider refused for good.",
                    labels, number(provider.refused));
  }
  return prometheus::TextSerializer().Serialize(metrics.families());
}

}  // namespace belfry::app

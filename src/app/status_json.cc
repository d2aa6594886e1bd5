#include <boost/json.hpp>
#include <chrono>

#include "app/status.h"

namespace belfry::app {

namespace {

namespace json = boost::json;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Left out when empty: most of the time there is no trouble to tell.
void add_trouble(json::object& out, const std::string& code, const std::string& reason) {
  if (!code.empty()) out["code"] = code;
  if (!reason.empty()) out["reason"] = reason;
}

json::object network_json(const NetworkStatus& network) {
  const pipeline::ChannelStatus& channel = network.channel;
  json::object out{{"name", channel.network},   {"channel", channel.channel},
                   {"source", channel.source},  {"genesis", channel.genesis},
                   {"height", channel.height},  {"next_block", channel.next_block},
                   {"blocks", channel.blocks},  {"bytes", channel.bytes},
                   {"events", channel.events},  {"reconnects", channel.reconnects},
                   {"waiting", channel.waiting}};
  if (channel.blocks_per_second > 0) out["blocks_per_second"] = channel.blocks_per_second;
  if (channel.time_left) out["seconds_left"] = seconds(*channel.time_left);
  add_trouble(out, channel.code, channel.reason);
  if (!network.connected.empty()) out["connected"] = network.connected;
  if (network.certificate_ends) out["certificate_ends"] = to_rfc3339(*network.certificate_ends);
  if (!network.certificate_warning.empty())
    out["certificate_warning"] = network.certificate_warning;
  if (!network.peers.empty()) {
    json::array peers;
    for (const PeerStatus& peer : network.peers) {
      json::object it{{"address", peer.address}, {"failures", peer.failures}};
      add_trouble(it, peer.code, peer.reason);
      peers.emplace_back(std::move(it));
    }
    out["peers"] = std::move(peers);
  }
  return out;
}

json::object lane_json(const std::string& network, const pipeline::LaneStatus& lane) {
  json::object out{{"name", lane.listener},
                   {"network", network},
                   {"to", lane.destination},
                   {"state", pipeline::name(lane.state)},
                   {"place", pipeline::to_string(lane.place)},
                   {"next_block", lane.place.block},
                   {"lag_blocks", lane.lag_blocks},
                   {"lag_seconds", seconds(lane.lag)},
                   {"delivered", lane.delivered},
                   {"refused", lane.refused},
                   {"retries", lane.retries},
                   {"pending", lane.pending},
                   {"private_data_gaps", lane.gaps},
                   {"private_data_given_up", lane.gaps_given_up}};
  add_trouble(out, lane.code, lane.reason);
  return out;
}

void add_worker(json::object& out, const pipeline::WorkerStatus& worker) {
  out["active"] = worker.active;
  out["done"] = worker.done;
  out["retries"] = worker.retries;
  out["dead_letters"] = worker.dead_letters;
  add_trouble(out, {}, worker.last_reason);
}

json::object queue_json(const QueueStatus& queue, WallTime now) {
  json::object out{{"name", queue.name},
                   {"visible", queue.counts.visible},
                   {"in_flight", queue.counts.in_flight},
                   {"delayed", queue.counts.delayed}};
  if (queue.counts.oldest.time_since_epoch().count() != 0)
    out["oldest_seconds"] = seconds(now - queue.counts.oldest);
  if (!queue.dead_letter_queue.empty()) out["dead_letter_queue"] = queue.dead_letter_queue;
  return out;
}

}  // namespace

bool is_ready(const RuntimeStatus& status) {
  if (status.stopping) return false;
  for (const NetworkStatus& network : status.networks)
    for (const pipeline::LaneStatus& lane : network.channel.lanes)
      if (lane.state != pipeline::LaneState::following &&
          lane.state != pipeline::LaneState::catching_up)
        return false;
  return true;
}

json::object status_json(const RuntimeStatus& status, WallTime now) {
  json::array networks, listeners, queues, functions, subscriptions, providers;
  for (const NetworkStatus& network : status.networks) {
    networks.emplace_back(network_json(network));
    for (const pipeline::LaneStatus& lane : network.channel.lanes)
      listeners.emplace_back(lane_json(network.channel.network, lane));
  }
  for (const QueueStatus& queue : status.queues) queues.emplace_back(queue_json(queue, now));
  for (const FunctionStatus& function : status.functions) {
    json::object out{{"name", function.name}, {"queue", function.worker.queue}};
    add_worker(out, function.worker);
    functions.emplace_back(std::move(out));
  }
  for (const SubscriptionStatus& subscription : status.subscriptions) {
    json::object out{{"topic", subscription.topic},
                     {"id", subscription.id},
                     {"protocol", subscription.protocol},
                     {"endpoint", subscription.endpoint},
                     {"waiting", subscription.waiting}};
    add_worker(out, subscription.worker);
    subscriptions.emplace_back(std::move(out));
  }
  for (const ProviderStatus& provider : status.providers) {
    json::object out{{"name", provider.name},
                     {"connected", provider.connected},
                     {"sent", provider.sent},
                     {"retried", provider.retried},
                     {"refused", provider.refused}};
    add_trouble(out, {}, provider.reason);
    providers.emplace_back(std::move(out));
  }
  return {{"version", status.version},
          {"started", to_rfc3339(status.started)},
          {"ready", is_ready(status)},
          {"store_full", status.store_full},
          {"networks", std::move(networks)},
          {"listeners", std::move(listeners)},
          {"queues", std::move(queues)},
          {"functions", std::move(functions)},
          {"subscriptions", std::move(subscriptions)},
          {"providers", std::move(providers)}};
}

}  // namespace belfry::app

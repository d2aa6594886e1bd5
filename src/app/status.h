// All that can be seen of a running belfry at one moment, as plain values, and its two forms: JSON
// for `belfry status` and the admin API (docs/api.md), and Prometheus' text format for /metrics
// (docs/metrics.md).
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pipeline/status.h"
#include "queue/store.h"

namespace belfry::app {

struct PeerStatus {
  std::string address;
  uint64_t failures = 0;  // in a row
  std::string code, reason;
};

struct NetworkStatus {
  pipeline::ChannelStatus channel;
  std::string connected;  // the peer that serves a stream now; empty for block files
  std::optional<WallTime> certificate_ends;
  std::string certificate_warning;
  std::vector<PeerStatus> peers;
};

struct QueueStatus {
  std::string name;
  queue::QueueCounts counts;
  std::string dead_letter_queue;
};

struct FunctionStatus {
  std::string name;
  pipeline::WorkerStatus worker;
};

struct SubscriptionStatus {
  std::string topic, id, protocol, endpoint;
  uint64_t waiting = 0;  // copies not delivered yet
  pipeline::WorkerStatus worker;
};

struct ProviderStatus {
  std::string name;       // "smpp smsc.example.net:2775", "gateway api.example.com", "outbox"
  bool connected = true;  // nothing to connect: true
  uint64_t sent = 0, retried = 0, refused = 0;
  std::string reason;  // of the last failure
};

struct RuntimeStatus {
  std::string version;
  WallTime started{};
  bool stopping = false;
  bool store_full = false;  // no room for more in the data folder
  std::vector<NetworkStatus> networks;
  std::vector<QueueStatus> queues;
  std::vector<FunctionStatus> functions;
  std::vector<SubscriptionStatus> subscriptions;
  std::vector<ProviderStatus> providers;
};

// Every listener has compared its place with the network and none is stopped.
bool is_ready(const RuntimeStatus& status);

boost::json::object status_json(const RuntimeStatus& status, WallTime now);
std::string metrics_text(const RuntimeStatus& status, WallTime now);

}  // namespace belfry::app

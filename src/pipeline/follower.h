// Follows one channel for all its listeners and carries their events to their destinations, each
// place kept.
//
//   BlockSource ─▶ one stream ─▶ BlockCheck ─▶ Selector ─▶ lanes ─▶ Destinations
//
// A lane is a listener's way to one destination: a bounded buffer of units
// (pipeline/destination.h). A lane that is full while others could go on leaves the common stream,
// gets a stream of its own from its own place when it has room again, and joins the common stream
// when it has caught up with it. If all lanes of a stream are full, the stream waits. So no lane
// stalls another, memory is bounded, and nothing is lost.
//
// Threads: one for the common stream, one for each catching-up stream
// (FollowerSettings::catch_up_streams). What is given by reference must outlive the follower.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "pipeline/backoff.h"
#include "pipeline/content.h"
#include "pipeline/destination.h"
#include "pipeline/selector.h"
#include "pipeline/source.h"
#include "pipeline/status.h"

namespace belfry::pipeline {

struct Listener {
  std::string name;
  std::optional<match::Pattern> match;  // none: every valid chaincode event
  Start from;                           // only where a destination has no place yet
  Body body;                            // empty: the event's JSON
  struct To {
    std::string name;  // "queue:donations"; names the place together with the listener
    std::shared_ptr<Destination> destination;
  };
  std::vector<To> to;
};

struct FollowerSettings {
  BackoffSettings reconnect;                       // after StreamEnd::reconnect
  Duration slow_retry = std::chrono::seconds(60);  // after StreamEnd::stop, with jitter
  BackoffSettings redeliver;                       // after a destination's retry
  size_t unit_events = 500, unit_bytes = 1 << 20;  // a unit is closed when it reaches either
  size_t lane_events = 4'000,
         lane_bytes = 4 << 20;     // buffered per lane; one event is always admitted
  size_t buffer_bytes = 32 << 20;  // by all lanes together; beyond it each may hold 64 KiB
  Duration patience =
      std::chrono::milliseconds(200);  // others wait so long for a full lane before it is detached
  size_t catch_up_streams = 2;         // beside the common one
  Duration quiet_interval =
      std::chrono::seconds(1);  // a lane without events stores its place as often as this
  // How long after its transaction private data that the peer lacks is asked for again; 0: never.
  Duration late_private_data = std::chrono::hours(1);
  BackoffSettings late_retry{std::chrono::seconds(10), std::chrono::minutes(5)};
  size_t lane_gaps = 256;  // what more is missing at once is given up
  bool accept_new_network =
      false;  // a rebuilt network counts as a first start, a fork as a continuation
};

// Makes a verifier that is ready for block `first` and what follows; each stream gets one of its
// own. An end says why there is none, as a source would. genesis_hash: 32 bytes.
using VerifierAt = std::function<std::variant<std::unique_ptr<BlockVerifier>, StreamEnd>(
    uint64_t first, const std::string& genesis_hash, std::stop_token stop)>;

struct ChannelContext {
  std::string network;  // its name in belfry.yaml
  std::string channel;
  BlockSource& source;
  VerifierAt verifier;               // empty: hashes only
  decode::CreatorName creator_name;  // may be empty; called from several threads
  Clock& clock;
  Random& random;
  Executor& executor;  // timers and what follows from a delivery
};

class Follower {
 public:
  // An error: a pattern names a kind that does not exist, or a name stands twice.
  static Result<std::unique_ptr<Follower>> make(ChannelContext context,
                                                std::vector<Listener> listeners,
                                                FollowerSettings settings);
  virtual ~Follower() = default;  // stops without waiting for deliveries

  virtual void start() = 0;
  // Ends the streams, delivers what was read, stores the places. False if the deadline passed
  // first: what is left will be read again on the next start.
  virtual bool stop(Duration deadline) = 0;
  // Waits until a source that ends (block files that do not grow) was read, everything delivered
  // and every place stored, or every lane is stopped. False if that took longer.
  virtual bool wait_until_finished(Duration at_most) = 0;
  virtual ChannelStatus status() const = 0;
};

}  // namespace belfry::pipeline

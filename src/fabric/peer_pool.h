// The peers of one source: whom to ask first, who failed, and what status shows. Shared by a
// PeerSource and its streams. Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "fabric/peer_faults.h"
#include "fabric/peer_source.h"

namespace belfry::fabric {

class PeerPool {
 public:
  explicit PeerPool(PeerSourceOptions options);

  const PeerSourceOptions options;

  // Indices into options.peers: those that are well in their given order, then those that failed,
  // soonest due first.
  std::vector<size_t> order() const;
  void connected(size_t peer);
  void received(size_t bytes);
  // The stream or the attempt with this peer ended. A requested stop is no failure.
  void failed(size_t peer, const StreamEnd& end);
  void disconnected(size_t peer);
  // Beside the stream's own peer another one was asked and failed; status keeps the stream's own
  // reason.
  void unwell(size_t peer, const StreamEnd& end);
  // Not failed, or its backoff is over.
  bool well(size_t peer) const;

  // The provider's present identity; also looks at its certificate's end. An error is ready for the
  // follower.
  std::variant<std::shared_ptr<const msp::SigningIdentity>, StreamEnd> identity();
  // Warns in the log, once a day, within 30 days of the certificate's end.
  void watch(const msp::Certificate& certificate);
  PeerSourceStatus status() const;

 private:
  struct Health {
    uint64_t failures = 0;
    Duration retry_at{};  // monotonic
    std::string code, reason;
  };
  static bool is_well(const Health& health, Duration now);

  mutable std::mutex mutex_;
  std::vector<Health> health_;
  PeerSourceStatus status_;
  std::optional<WallTime> warned_;
};

}  // namespace belfry::fabric

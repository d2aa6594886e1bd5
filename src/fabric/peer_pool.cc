#include "fabric/peer_pool.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace belfry::fabric {

PeerPool::PeerPool(PeerSourceOptions given)
    : options(std::move(given)), health_(options.peers.size()) {
  BELFRY_CHECK(!options.peers.empty() && options.identity != nullptr);
}

bool PeerPool::is_well(const Health& health, Duration now) {
  return health.failures == 0 || health.retry_at <= now;
}

std::vector<size_t> PeerPool::order() const {
  const std::lock_guard lock(mutex_);
  const Duration now = options.clock->monotonic();
  std::vector<size_t> well, failed;
  for (size_t i = 0; i < health_.size(); ++i)
    (is_well(health_[i], now) ? well : failed).push_back(i);
  std::stable_sort(failed.begin(), failed.end(), [this](size_t a, size_t b) {
    return health_[a].retry_at < health_[b].retry_at;
  });
  well.insert(well.end(), failed.begin(), failed.end());
  return well;
}

void PeerPool::connected(size_t peer) {
  const std::lock_guard lock(mutex_);
  health_[peer] = {};
  status_.connected = options.peers[peer].address;
  ++status_.connects;
}

void PeerPool::received(size_t bytes) {
  const std::lock_guard lock(mutex_);
  ++status_.blocks;
  status_.bytes += bytes;
}

void PeerPool::failed(size_t peer, const StreamEnd& end) {
  disconnected(peer);
  if (end.code == stop_requested().code) return;
  unwell(peer, end);
  const std::lock_guard lock(mutex_);
  status_.last_code = end.code;
  status_.last_reason = end.reason;
}

bool PeerPool::well(size_t peer) const {
  const std::lock_guard lock(mutex_);
  return is_well(health_[peer], options.clock->monotonic());
}

void PeerPool::unwell(size_t peer, const StreamEnd& end) {
  const std::lock_guard lock(mutex_);
  Health& health = health_[peer];
  const auto doublings = std::min<uint64_t>(health.failures++, 20);
  const Duration whole =
      std::min(options.backoff_most, options.backoff_first * (int64_t{1} << doublings));
  const Duration half = whole / 2;
  health.retry_at = options.clock->monotonic() + half +
                    Duration(options.random->below(static_cast<uint64_t>(half.count()) + 1));
  health.code = end.code;
  health.reason = end.reason;
}

void PeerPool::disconnected(size_t peer) {
  const std::lock_guard lock(mutex_);
  if (status_.connected == options.peers[peer].address) status_.connected.clear();
}

std::variant<std::shared_ptr<const msp::SigningIdentity>, StreamEnd> PeerPool::identity() {
  auto identity = options.identity();
  if (identity) {
    watch((*identity)->certificate());
    return *identity;
  }
  const std::lock_guard lock(mutex_);
  const bool expired =
      status_.certificate_ends && *status_.certificate_ends <= options.clock->now();
  return stopped_by(expired ? "certificate-expired" : "identity", identity.error().message);
}

void PeerPool::watch(const msp::Certificate& certificate) {
  const std::lock_guard lock(mutex_);
  const WallTime now = options.clock->now();
  status_.certificate_ends = certificate.not_after();
  status_.certificate_warning = msp::expiry_warning(certificate, now).value_or("");
  if (status_.certificate_warning.empty()) {
    warned_.reset();
  } else if (!warned_ || now - *warned_ >= std::chrono::hours(24)) {
    warned_ = now;
    log::warn(status_.certificate_warning, {{"channel", options.channel}});
  }
}

PeerSourceStatus PeerPool::status() const {
  const std::lock_guard lock(mutex_);
  PeerSourceStatus out = status_;
  for (size_t i = 0; i < health_.size(); ++i)
    out.peers.push_back(
        {options.peers[i].address, health_[i].failures, health_[i].code, health_[i].reason});
  return out;
}

}  // namespace belfry::fabric

// Transactions on their way into blocks: what is queued, and when it is cut (Fabric's block cutter,
// and the immediate cut).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "msp/channel_config.h"

namespace belfry::devnet {

struct QueuedMessage {
  std::string envelope;
  uint64_t config_sequence = 0;  // of the configuration it was checked against
  bool is_config_update = false;
  Duration since{};  // monotonic
};

// Not thread-safe.
class Batcher {
 public:
  void add(QueuedMessage message);
  size_t bytes() const { return bytes_; }
  bool empty() const { return queue_.empty(); }

  // The next block's messages, if it is time to cut: the batch is full, or has waited for
  // `timeout`, or `at_once`. A configuration update is a batch by itself.
  std::vector<QueuedMessage> cut(const msp::BatchSettings& settings, Duration timeout, bool at_once,
                                 Duration now);
  // When the batch that waits will be due by its timeout.
  std::optional<Duration> due(Duration timeout) const;

 private:
  std::deque<QueuedMessage> queue_;
  size_t bytes_ = 0;
};

// "2s", "300ms", "1m30s", as Go writes durations; none when it is no such text or not positive.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace belfry::devnet

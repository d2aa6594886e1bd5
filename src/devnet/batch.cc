#include "devnet/batch.h"

#include <algorithm>
#include <charconv>

namespace belfry::devnet {

void Batcher::add(QueuedMessage message) {
  bytes_ += message.envelope.size();
  queue_.push_back(std::move(message));
}

std::vector<QueuedMessage> Batcher::cut(const msp::BatchSettings& settings, Duration timeout,
                                        bool at_once, Duration now) {
  std::vector<QueuedMessage> batch;
  if (queue_.empty()) return batch;
  size_t count = 0, bytes = 0;
  bool full = false;
  for (const QueuedMessage& message : queue_) {
    const size_t size = message.envelope.size();
    // What does not fit goes into the next block; a message that is too large, into one of its own.
    if (count > 0 && (message.is_config_update || bytes + size > settings.preferred_max_bytes)) {
      full = true;
      break;
    }
    ++count;
    bytes += size;
    full = message.is_config_update || bytes > settings.preferred_max_bytes ||
           count >= settings.max_messages;
    if (full) break;
  }
  if (!full && !at_once && now - queue_.front().since < timeout) return batch;
  for (; count > 0; --count) {
    bytes_ -= queue_.front().envelope.size();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

std::optional<Duration> Batcher::due(Duration timeout) const {
  return queue_.empty() ? std::nullopt : std::optional(queue_.front().since + timeout);
}

std::optional<Duration> parse_duration(std::string_view text) {
  double total = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return {};
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const size_t unit_size = std::min(text.find_first_of("0123456789."), text.size());
    const std::string_view unit = text.substr(0, unit_size);
    text.remove_prefix(unit_size);
    const double scale = unit == "h"                    ? 3600e9
                         : unit == "m"                  ? 60e9
                         : unit == "s"                  ? 1e9
                         : unit == "ms"                 ? 1e6
                         : unit == "us" || unit == "µs" ? 1e3
                         : unit == "ns"                 ? 1
                                                        : -1;
    if (scale < 0) return {};
    total += number * scale;
  }
  if (total < 1 || total > 9e18) return {};
  return Duration(static_cast<int64_t>(total));
}

}  // namespace belfry::devnet

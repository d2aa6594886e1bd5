#include "cli/progress.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cli/output.h"

namespace belfry::cli {

namespace {

constexpr Duration kLiveInterval = std::chrono::milliseconds(200);
constexpr Duration kLogInterval = std::chrono::seconds(10);

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

bool is_catching_up(const pipeline::ChannelStatus& channel) {
  return channel.next_block + 1 < channel.height;
}

std::string bar(double part) {
  constexpr int kWidth = 20;
  const int full = static_cast<int>(part * kWidth);
  std::string out;
  for (int i = 0; i < kWidth; ++i) out += i < full ? "█" : "░";
  return out;
}

}  // namespace

void Progress::show(const app::RuntimeStatus& status, Duration now) {
  const Duration interval = terminal_.is_terminal() ? kLiveInterval : kLogInterval;
  if (last_ != Duration(0) && now - last_ < interval) return;
  last_ = now;
  if (terminal_.is_terminal())
    live(status);
  else
    logged(status);
}

void Progress::clear() {
  if (visible_) terminal_.print("\r\x1b[K");
  visible_ = false;
  std::fflush(stderr);
}

// Leaves the cursor at the line's begin, so that a log line writes over it.
void Progress::live(const app::RuntimeStatus& status) {
  for (const app::NetworkStatus& network : status.networks) {
    const pipeline::ChannelStatus& channel = network.channel;
    if (!is_catching_up(channel)) continue;
    const double part =
        static_cast<double>(channel.next_block) / static_cast<double>(channel.height);
    terminal_.print(fmt::format(
        "\r\x1b[K  {}  {} {:.0f}%  block {} of {}  {:.0f} blocks/s  {}\r", channel.network,
        terminal_.paint(Style::green, bar(part)), part * 100, with_separators(channel.next_block),
        with_separators(channel.height), channel.blocks_per_second,
        channel.time_left ? short_duration(seconds(*channel.time_left)) + " left" : ""));
    visible_ = true;
    return;  // one line; the others follow when this network is done
  }
  clear();
}

void Progress::logged(const app::RuntimeStatus& status) {
  for (const app::NetworkStatus& network : status.networks) {
    const pipeline::ChannelStatus& channel = network.channel;
    bool& told = catching_up_[channel.network];
    if (is_catching_up(channel)) {
      log::info("catching up",
                {{"network", channel.network},
                 {"next_block", channel.next_block},
                 {"height", channel.height},
                 {"blocks_per_second", fmt::format("{:.0f}", channel.blocks_per_second)},
                 {"time_left",
                  channel.time_left ? short_duration(seconds(*channel.time_left)) : "unknown"}});
      told = true;
    } else if (told) {
      log::info("caught up", {{"network", channel.network}, {"height", channel.height}});
      told = false;
    }
  }
}

}  // namespace belfry::cli

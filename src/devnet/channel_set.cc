#include "devnet/channel_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "devnet/access.h"

namespace belfry::devnet {
namespace {

constexpr size_t kLongestName = 249;

}  // namespace

Result<void> check_channel_name(const std::string& name) {
  if (name.empty()) return fail("channel ID illegal, cannot be empty");
  if (name.size() > kLongestName)
    return fail(fmt::format("channel ID illegal, cannot be longer than {}", kLongestName));
  const bool good =
      name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
      });
  if (good) return {};
  return fail(fmt::format("'{}' contains illegal characters", name));
}

ledger::Ledger::Options ChannelSet::ledger_options() const {
  return {.folder = options_.folder, .sync = options_.durable};
}

std::shared_ptr<Channel> ChannelSet::add(std::unique_ptr<ledger::Ledger> ledger,
                                         ChannelOptions options) {
  std::shared_ptr<Channel> channel =
      Channel::start(std::move(ledger), orderer_, signatures_, clock_, std::move(options));
  std::lock_guard lock(mutex_);
  channels_[channel->name()] = channel;
  return channel;
}

Result<void> ChannelSet::open_all() {
  for (const std::string& name : ledger::Ledger::channels(files_, options_.folder)) {
    auto ledger = ledger::Ledger::open(files_, ledger_options(), name, signatures_);
    if (!ledger) return tl::unexpected(ledger.error());
    if (*ledger != nullptr) add(std::move(*ledger), options_.channel);
  }
  return {};
}

Result<std::shared_ptr<Channel>> ChannelSet::adopt(
    std::unique_ptr<ledger::Ledger> recorded, std::shared_ptr<const msp::ChannelConfig> access) {
  ChannelOptions options = options_.channel;
  options.access = std::move(access);
  return add(std::move(recorded), std::move(options));
}

std::shared_ptr<Channel> ChannelSet::find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  auto found = channels_.find(name);
  return found != channels_.end() ? found->second : nullptr;
}

std::vector<std::string> ChannelSet::names() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, channel] : channels_) names.push_back(name);
  return names;
}

Result<std::shared_ptr<Channel>> ChannelSet::create(std::string_view genesis) {
  auto config = msp::ChannelConfig::from_block(genesis);
  if (!config) return tl::unexpected(config.error());
  if (auto good = check_channel_name(config->channel); !good) return tl::unexpected(good.error());
  if (find(config->channel) != nullptr) return fail("channel already exists");
  // Blocks that nobody would accept help nobody.
  auto self = config->msps->member(orderer_->serialized());
  if (!self)
    return fail(fmt::format("this orderer is no member of channel {}: {}", config->channel,
                            self.error().message));
  auto ledger = ledger::Ledger::create(files_, ledger_options(), genesis, signatures_);
  if (!ledger) return tl::unexpected(ledger.error());
  return add(std::move(*ledger), options_.channel);
}

// The blocks are put aside, as nobody should lose a ledger by one request.
Result<void> ChannelSet::remove(std::string_view name) {
  std::shared_ptr<Channel> removed;
  {
    std::lock_guard lock(mutex_);
    auto found = channels_.find(name);
    if (found == channels_.end()) return fail("channel does not exist");
    removed = std::move(found->second);
    channels_.erase(found);
  }
  const std::string from = fmt::format("{}/chains/{}", options_.folder, name);
  const std::string aside = fmt::format("{}/removed", options_.folder);
  if (auto made = files_.make_folders(aside); !made) return made;
  if (auto moved =
          files_.rename(fmt::format("{}/pvtdata/{}", options_.folder, name), aside + "/pvtdata");
      !moved)
    return moved;
  const std::string chain = fmt::format("{}/chains/{}", options_.folder, name);
  auto blocks = files_.list(chain);
  if (!blocks) return tl::unexpected(blocks.error());
  for (const std::string& file : *blocks)
    if (auto moved = files_.rename(chain + "/" + file, aside + "/" + file); !moved) return moved;
  return {};
}

}  // namespace belfry::devnet

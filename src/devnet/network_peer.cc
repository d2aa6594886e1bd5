#include "devnet/network_peer.h"

#include <fmt/format.h>

#include <sstream>

#include "base/hash.h"
#include "decode/block.h"

namespace belfry::devnet {

Result<void> Joined::load() {
  if (!files_.exists(path_)) return {};
  auto text = read_whole(files_, path_);
  if (!text) return tl::unexpected(text.error());
  std::istringstream lines(*text);
  std::string peer, channel;
  while (lines >> peer >> channel) joined_[peer].insert(channel);
  return {};
}

bool Joined::has(const std::string& peer, std::string_view channel) const {
  std::lock_guard lock(mutex_);
  auto found = joined_.find(peer);
  return found != joined_.end() && found->second.contains(channel);
}

std::vector<std::string> Joined::channels(const std::string& peer) const {
  std::lock_guard lock(mutex_);
  auto found = joined_.find(peer);
  if (found == joined_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

Result<void> Joined::add(const std::vector<std::string>& peers, const std::string& channel) {
  std::lock_guard lock(mutex_);
  bool changed = false;
  for (const std::string& peer : peers) changed |= joined_[peer].insert(channel).second;
  if (!changed) return {};
  std::string text;
  for (const auto& [name, channels] : joined_)
    for (const std::string& each : channels) text += name + " " + each + "\n";
  return replace_whole(files_, path_, text);
}

std::shared_ptr<Channel> NetworkPeer::channel(std::string_view name) const {
  return joined_.has(node_.name, name) ? channels_.find(name) : nullptr;
}

std::vector<std::string> NetworkPeer::channels() const {
  std::vector<std::string> there;
  for (std::string& name : joined_.channels(node_.name))
    if (channels_.find(name) != nullptr) there.push_back(std::move(name));
  return there;
}

Result<void> NetworkPeer::join(std::string_view genesis) {
  auto config = msp::ChannelConfig::from_block(genesis);
  if (!config) return tl::unexpected(config.error());
  auto found = channels_.find(config->channel);
  if (found == nullptr)
    return fail(
        fmt::format("the orderer has no channel {}: join it there first (osnadmin channel "
                    "join)",
                    config->channel));
  if (joined_.has(node_.name, config->channel))
    return fail(fmt::format("ledger [{}] already exists with state [ACTIVE]", config->channel));
  auto buffer = std::make_shared<const std::string>(genesis);
  auto block = decode::parse_block(buffer, *buffer);
  if (!block) return tl::unexpected(block.error());
  auto own = found->ledger().block(0);
  if (!own) return tl::unexpected(own.error());
  if (decode::header_hash(*block) != decode::header_hash((*own)->block))
    return fail(fmt::format("that is not the genesis block of channel {} here", config->channel));
  return joined_.add({node_.name}, config->channel);
}

}  // namespace belfry::devnet

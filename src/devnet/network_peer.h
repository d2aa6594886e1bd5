// The peers of a Network, and which channels each has joined.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "devnet/peer.h"

namespace belfry::devnet {

// Which peer has joined which channel, kept in a file: one line each, "PEER CHANNEL". Thread-safe.
class Joined {
 public:
  Joined(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Result<void> load();
  bool has(const std::string& peer, std::string_view channel) const;
  std::vector<std::string> channels(const std::string& peer) const;
  // Writes nothing when all have joined.
  Result<void> add(const std::vector<std::string>& peers, const std::string& channel);

 private:
  FileSystem& files_;
  const std::string path_;
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string, std::less<>>> joined_;
};

class NetworkPeer final : public Peer {
 public:
  NetworkPeer(const OrganizationMaterial& organization, const Node& node, Channels& channels,
              Joined& joined)
      : organization_(organization), node_(node), channels_(channels), joined_(joined) {}

  void set_endpoint(std::string endpoint) { endpoint_ = std::move(endpoint); }  // before requests

  const std::string& name() const override { return node_.name; }
  const std::string& msp_id() const override { return organization_.msp_id; }
  const std::string& endpoint() const override { return endpoint_; }
  const Node& node() const override { return node_; }
  const OrganizationMaterial& organization() const override { return organization_; }
  std::shared_ptr<Channel> channel(std::string_view name) const override;
  std::vector<std::string> channels() const override;
  Result<void> join(std::string_view genesis) override;

 private:
  const OrganizationMaterial& organization_;
  const Node& node_;
  Channels& channels_;
  Joined& joined_;
  std::string endpoint_;
};

}  // namespace belfry::devnet

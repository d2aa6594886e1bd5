// The channels of the process, opened from their folder, made from genesis blocks.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/files.h"
#include "devnet/peer.h"

namespace belfry::devnet {

class ChannelSet final : public Channels {
 public:
  struct Options {
    std::string folder;  // of the ledgers
    bool durable = true;
    ChannelOptions channel;
  };
  // All must outlive it.
  ChannelSet(FileSystem& files, const Clock& clock, Options options,
             std::shared_ptr<const msp::SigningIdentity> orderer,
             std::shared_ptr<ledger::SignatureCache> signatures)
      : files_(files),
        clock_(clock),
        options_(std::move(options)),
        orderer_(std::move(orderer)),
        signatures_(std::move(signatures)) {}

  Result<void> open_all();  // what the folder holds
  // A recorded ledger as a channel, judged by `access`.
  Result<std::shared_ptr<Channel>> adopt(std::unique_ptr<ledger::Ledger> recorded,
                                         std::shared_ptr<const msp::ChannelConfig> access);

  std::shared_ptr<Channel> find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  Result<std::shared_ptr<Channel>> create(std::string_view genesis) override;
  Result<void> remove(std::string_view name) override;

 private:
  ledger::Ledger::Options ledger_options() const;
  std::shared_ptr<Channel> add(std::unique_ptr<ledger::Ledger> ledger, ChannelOptions options);

  FileSystem& files_;
  const Clock& clock_;
  const Options options_;
  const std::shared_ptr<const msp::SigningIdentity> orderer_;
  const std::shared_ptr<ledger::SignatureCache> signatures_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Channel>, std::less<>> channels_;
};

}  // namespace belfry::devnet

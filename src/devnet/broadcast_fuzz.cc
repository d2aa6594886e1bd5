// Envelopes as strangers may send them to an orderer: whatever the bytes, an answer comes.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/forgetful_files.h"
#include "base/random.h"
#include "devnet/broadcast_rules.h"
#include "devnet/deliver_seek.h"
#include "devnet/genesis.h"
#include "devnet/material.h"

namespace {

using namespace belfry;

struct Host {
  ForgetfulFiles files{1};
  devnet::Material material =
      *devnet::open_material(files, system_clock(), {.folder = "crypto", .users = 0});
  belfry::msp::ChannelConfig config = *belfry::msp::ChannelConfig::from_block(
      devnet::make_genesis(material, "mychannel", {}, {.orderer_host = "localhost"},
                           system_clock().now(), secure_random()));
  std::shared_ptr<ledger::SignatureCache> signatures = std::make_shared<ledger::SignatureCache>();
  devnet::DeliverHost deliver{
      .clock = system_clock(),
      .signatures = signatures,
      .find_channel = [](std::string_view) { return std::shared_ptr<devnet::Channel>(); },
      .policy = [](const belfry::msp::ChannelConfig&) { return std::string("/Channel/Readers"); }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Host host;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  devnet::BroadcastAnswer refusal;
  if (auto message = devnet::read_message(bytes, refusal)) {
    (void)devnet::check_rules(*message, host.config, system_clock().now(), *host.signatures);
    (void)devnet::make_config_transaction(bytes, *message, host.config,
                                          *host.material.orderer.nodes.front().identity,
                                          system_clock().now())
        .has_value();
  }
  (void)devnet::DeliverSeek::begin(host.deliver, bytes, "");
  return 0;
}

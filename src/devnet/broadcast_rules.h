// What an orderer looks at before it takes a message, in Fabric's order and words
// (orderer/common/msgprocessor).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "devnet/channel.h"
#include "ledger/signature_cache.h"
#include "msp/channel_config.h"
#include "msp/identity.h"

namespace belfry::devnet {

enum class MessageKind { normal, config_update, refused };

struct Message {
  std::string payload, signature;
  std::string channel;
  MessageKind kind = MessageKind::normal;
};

// The envelope's parts; or the answer, when these cannot be told.
Result<Message> read_message(std::string_view envelope, BroadcastAnswer& refusal);

// None when the channel takes the message as it is.
std::optional<BroadcastAnswer> check_rules(const Message& message, const msp::ChannelConfig& config,
                                           WallTime now, ledger::SignatureCache& signatures);

// The configuration transaction (serialized common.Envelope, signed by the orderer) that a
// configuration update makes.
Result<std::string> make_config_transaction(std::string_view envelope, const Message& message,
                                            const msp::ChannelConfig& config,
                                            const msp::SigningIdentity& orderer, WallTime now);

}  // namespace belfry::devnet

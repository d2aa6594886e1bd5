#include "devnet/broadcast_rules.h"

#include <fmt/format.h>

#include "base/random.h"
#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "devnet/access.h"
#include "devnet/config_rules.h"
#include "devnet/signed_envelope.h"
#include "msp/config_update.h"

namespace belfry::devnet {
namespace {

constexpr const char* kUnparsed = "proto: cannot parse invalid wire-format data";
constexpr const char* kWriters = "/Channel/Writers";

template <class Message>
bool parse(Message& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

BroadcastAnswer bad_request(std::string info) {
  return {Status::bad_request, std::move(info)};
}

// Whether the identity's certificate has ended. One that does not decode cannot have.
bool has_expired(std::string_view identity, WallTime now) {
  auto parts = msp::parse_identity(identity);
  if (!parts) return false;
  auto certificate = msp::Certificate::from_pem(parts->certificate_pem);
  return certificate && certificate->not_after() <= now;
}

}  // namespace

Result<Message> read_message(std::string_view bytes, BroadcastAnswer& refusal) {
  const auto refuse = [&](std::string info) {
    refusal = bad_request("could not determine channel ID: " + info);
    return fail(refusal.info);
  };
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ChannelHeader header;
  if (!parse(envelope, bytes))
    return refuse(fmt::format("error unmarshalling Envelope: {}", kUnparsed));
  if (!payload.ParseFromString(envelope.payload()))
    return refuse(fmt::format("error unmarshalling Payload: {}", kUnparsed));
  if (!payload.has_header()) return refuse("header not set");
  if (payload.header().channel_header().empty()) return refuse("channel header not set");
  if (!header.ParseFromString(payload.header().channel_header()))
    return refuse(fmt::format(
        "error unmarshalling channel header: error unmarshalling ChannelHeader: {}", kUnparsed));
  Message message{.payload = std::move(*envelope.mutable_payload()),
                  .signature = std::move(*envelope.mutable_signature()),
                  .channel = header.channel_id()};
  if (header.type() == ::common::CONFIG_UPDATE) message.kind = MessageKind::config_update;
  if (header.type() == ::common::ORDERER_TRANSACTION || header.type() == ::common::CONFIG)
    message.kind = MessageKind::refused;
  return message;
}

std::optional<BroadcastAnswer> check_rules(const Message& message, const msp::ChannelConfig& config,
                                           WallTime now, ledger::SignatureCache& signatures) {
  if (message.payload.empty()) return bad_request("Message was empty");
  if (const size_t size = message.payload.size() + message.signature.size();
      size > config.batch.absolute_max_bytes)
    return bad_request(
        fmt::format("message payload is {} bytes and exceeds maximum allowed {} bytes", size,
                    config.batch.absolute_max_bytes));
  ::common::Payload payload;
  ::common::SignatureHeader header;
  if (!payload.ParseFromString(message.payload) ||
      !header.ParseFromString(payload.header().signature_header()))
    return bad_request(fmt::format(
        "could not convert message to signedData: GetSignatureHeaderFromBytes failed, err {}",
        kUnparsed));
  if (has_expired(header.creator(), now)) return bad_request("broadcast client identity expired");
  if (auto allowed = check_policy(config, kWriters, header.creator(), message.payload,
                                  message.signature, signatures);
      !allowed)
    return BroadcastAnswer{Status::forbidden, allowed.error().message + ": permission denied"};
  return {};
}

Result<std::string> make_config_transaction(std::string_view envelope, const Message& message,
                                            const msp::ChannelConfig& config,
                                            const msp::SigningIdentity& orderer, WallTime now) {
  const auto refuse = [&](std::string_view why) {
    return fail(fmt::format("error applying config update to existing channel '{}': {}",
                            config.channel, why));
  };
  ::common::Payload payload;
  ::common::ConfigUpdateEnvelope update;
  ::common::ConfigEnvelope made;
  if (!payload.ParseFromString(message.payload) || !update.ParseFromString(payload.data()))
    return refuse(
        fmt::format("error converting envelope to config update: error unmarshalling "
                    "message for type CONFIG_UPDATE: {}",
                    kUnparsed));
  auto next = msp::apply_update(config, update);
  if (!next) return refuse("error authorizing update: " + next.error().message);
  // What does not make a usable configuration is refused here: once ordered, it would end the
  // channel.
  if (auto good = check_new_config(config, *next); !good) return refuse(good.error().message);
  if (auto usable = msp::ChannelConfig::from_config(config.channel, *next); !usable)
    return refuse(usable.error().message);
  if (auto good = check_consensus_type(config, *next); !good)
    return fail(
        "config update for existing channel did not pass maintenance checks: config transaction "
        "inspection failed: " +
        good.error().message);
  *made.mutable_config() = std::move(*next);
  if (!parse(*made.mutable_last_update(), envelope)) return refuse("the envelope does not decode");
  return signed_envelope(::common::CONFIG, config.channel, made.SerializeAsString(), orderer, now,
                         secure_random());
}

}  // namespace belfry::devnet

#include "fabric/channel_update.h"

#include "common/configtx.pb.h"
#include "fabric/headers.h"

namespace belfry::fabric {
namespace {

// Any bytes may happen to decode as another message: what is believed is an update that names its
// channel.
bool names_channel(const std::string& bytes, std::string& channel) {
  common::ConfigUpdate update;
  if (!update.ParseFromString(bytes) || update.channel_id().empty() || !update.has_write_set())
    return false;
  channel = update.channel_id();
  return true;
}

}  // namespace

Result<ChannelUpdate> read_channel_update(std::string_view bytes) {
  const std::string text(bytes);
  ChannelUpdate out;
  common::Envelope envelope;
  common::Payload payload;
  common::ConfigUpdateEnvelope update;
  const bool wrapped =
      envelope.ParseFromString(text) && payload.ParseFromString(envelope.payload()) &&
      update.ParseFromString(payload.data()) && names_channel(update.config_update(), out.channel);
  if (!wrapped) {
    update.Clear();
    if (!update.ParseFromString(text) || !names_channel(update.config_update(), out.channel)) {
      if (!names_channel(text, out.channel))
        return fail(
            "it is no configuration update: it should be what configtxlator "
            "compute_update or peer channel signconfigtx writes");
      update.Clear();
      update.set_config_update(text);
    }
  }
  out.bytes = update.SerializeAsString();
  out.signatures = static_cast<size_t>(update.signatures_size());
  return out;
}

void sign_channel_update(ChannelUpdate& update, const msp::SigningIdentity& identity,
                         Random& random) {
  common::ConfigUpdateEnvelope envelope;
  envelope.ParseFromString(update.bytes);
  common::ConfigSignature* signature = envelope.add_signatures();
  signature->set_signature_header(signature_header(identity, random).SerializeAsString());
  signature->set_signature(identity.sign(signature->signature_header() + envelope.config_update()));
  update.bytes = envelope.SerializeAsString();
  ++update.signatures;
}

std::string channel_update_envelope(const ChannelUpdate& update, std::string_view tls_cert_hash,
                                    const msp::SigningIdentity& identity, const Clock& clock,
                                    Random& random) {
  return signed_envelope(
      channel_header(common::CONFIG_UPDATE, update.channel, tls_cert_hash, clock), update.bytes,
      identity, random);
}

}  // namespace belfry::fabric

// A configuration update on its way: made by a tool such as configtxlator, signed by as many
// administrators as its policies ask for, then ordered.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "msp/identity.h"

namespace belfry::fabric {

struct ChannelUpdate {
  std::string channel;
  std::string bytes;      // common.ConfigUpdateEnvelope
  size_t signatures = 0;  // in it
};

// From the bytes of a common.ConfigUpdate, of a common.ConfigUpdateEnvelope, or of a
// common.Envelope that holds one, as `peer channel signconfigtx` writes it.
Result<ChannelUpdate> read_channel_update(std::string_view bytes);

// Adds a signature (over the signature header and the update).
void sign_channel_update(ChannelUpdate& update, const msp::SigningIdentity& identity,
                         Random& random);

// The envelope to hand to an orderer, or to the next signer: a serialized common.Envelope.
std::string channel_update_envelope(const ChannelUpdate& update, std::string_view tls_cert_hash,
                                    const msp::SigningIdentity& identity, const Clock& clock,
                                    Random& random);

}  // namespace belfry::fabric

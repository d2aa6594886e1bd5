// The headers of what a client signs: common.ChannelHeader with a fresh timestamp, and
// common.SignatureHeader with the signer and a fresh nonce. Internal to fabric/.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "common/common.pb.h"
#include "msp/identity.h"

namespace belfry::fabric {

common::SignatureHeader signature_header(const msp::SigningIdentity& identity, Random& random);
common::ChannelHeader channel_header(common::HeaderType type, std::string_view channel,
                                     std::string_view tls_cert_hash, const Clock& clock);
// hex(sha256(nonce ‖ creator))
std::string transaction_id(const common::SignatureHeader& header);
// A serialized common.Envelope over data with these headers, signed.
std::string signed_envelope(const common::ChannelHeader& header, std::string data,
                            const msp::SigningIdentity& identity, Random& random);

}  // namespace belfry::fabric

// Envelopes and headers that the devnet itself signs: blocks' configuration transactions, block
// signatures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "msp/identity.h"

namespace belfry::devnet {

std::string make_nonce(Random& random);  // 24 bytes
// Serialized common.SignatureHeader with a fresh nonce.
std::string signature_header(const msp::SigningIdentity& signer, Random& random);
// Serialized common.Envelope without a transaction id.
std::string signed_envelope(int32_t type, const std::string& channel, std::string_view data,
                            const msp::SigningIdentity& signer, WallTime now, Random& random);

}  // namespace belfry::devnet

// The signed questions a listener puts to a peer: the seek that opens a Deliver stream, and qscc's
// queries. Each is made afresh: its timestamp must lie within 15 minutes of the peer's clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "msp/identity.h"
#include "peer/proposal.pb.h"

namespace belfry::fabric {

struct Seek {
  enum class From { newest, block };
  From from = From::block;
  uint64_t block = 0;
  bool follow = false;  // on and on, waiting for blocks to come; else this one block, and an error
                        // if it is not there
};

// A serialized common.Envelope{SeekInfo}. tls_cert_hash is sha256 of the TLS client certificate's
// DER, empty without one.
std::string seek_envelope(const Seek& seek, std::string_view channel,
                          std::string_view tls_cert_hash, const msp::SigningIdentity& identity,
                          const Clock& clock, Random& random);

// A query of qscc: arguments are the function's name, the channel, and what the function wants.
protos::SignedProposal qscc_proposal(std::string_view channel,
                                     const std::vector<std::string>& arguments,
                                     std::string_view tls_cert_hash,
                                     const msp::SigningIdentity& identity, const Clock& clock,
                                     Random& random);

}  // namespace belfry::fabric

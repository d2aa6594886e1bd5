// The next block of a channel, as an etcdraft orderer would sign it.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "ledger/ledger.h"
#include "msp/identity.h"

namespace belfry::devnet {

// Serialized common.Block over these transactions (serialized common.Envelope); without validation
// codes, which are the ledger's.
std::string make_block(const ledger::Ledger& ledger, std::vector<std::string> transactions,
                       const msp::SigningIdentity& orderer, Random& random);

}  // namespace belfry::devnet

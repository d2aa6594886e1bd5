// What channels without the capabilities of Fabric 2.0 ask of transactions: chaincode is
// instantiated and upgraded by transactions of lscc, whose write sets are checked against their
// arguments here (Fabric's validator v1.4 with its plugin v1.3).
//
// endorsement_check.h uses it for transactions of lscc, validator.h for the rest of a block in
// which a chaincode was upgraded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/reader.h"
#include "ledger/transaction_check.h"

namespace belfry::ledger {

// Whether `_lifecycle` defines the channel's chaincodes and the v2.0 rules decide; lscc's
// otherwise.
bool has_new_lifecycle(const msp::ChannelConfig& config);

// Whether a transaction of lscc may stand: it deploys or upgrades what its arguments say, and its
// creator satisfies the instantiation policy.
bool is_good_deployment(const CheckedTransaction& transaction, const Reader& state);

// The chaincode that a transaction upgrades, for which others of its block become
// CHAINCODE_VERSION_CONFLICT. As in Fabric, none unless it is one in Go.
std::optional<std::string> upgraded_chaincode(const CheckedTransaction& transaction);

}  // namespace belfry::ledger

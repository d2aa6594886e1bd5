// A transaction taken apart and checked by itself: form, creator's signature, transaction id,
// proposal hash, and whose endorsements are good. What hangs on the state — policies, versions,
// duplicates — comes after (endorsement_check.h, mvcc.h).
//
// The order of checks is Fabric's (core/common/validation; the v2.0 validator, or, on channels
// without that capability, v1.4's), as it decides which code a transaction with several faults
// gets. This is where the signatures are verified, so transactions are checked in parallel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/read_write_set.h"
#include "ledger/signature_cache.h"
#include "msp/channel_config.h"

namespace belfry::ledger {

struct CheckedTransaction {
  uint8_t code = 0;  // valid so far, or the first fault
  int32_t type = 0;  // common.HeaderType
  std::string id;

  // Of a valid endorser transaction:
  std::string chaincode;
  std::shared_ptr<const std::string> results;  // serialized rwset.TxReadWriteSet
  std::vector<NamespaceSet> sets;              // views into *results
  std::vector<msp::MemberPtr> endorsers;       // whose signatures are good, each once
  std::string version;                         // of the chaincode, as endorsed
  msp::MemberPtr creator;
  // Of a transaction of lscc, on channels where that deploys chaincode.
  std::vector<std::string> lscc_arguments;
  // Faults that show only after the look for duplicates, which comes in between.
  uint8_t late_code = 0;
};

CheckedTransaction check_transaction(std::string_view envelope, const msp::ChannelConfig& config,
                                     SignatureCache& signatures);

}  // namespace belfry::ledger

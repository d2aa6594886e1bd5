// The codes of an ordered block, and what its valid transactions change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "decode/block.h"
#include "ledger/committed_state.h"
#include "ledger/endorsement_check.h"
#include "ledger/transaction_check.h"

namespace belfry::ledger {

struct ValidatedBlock {
  std::string codes;  // a byte per transaction
  std::vector<CheckedTransaction> checked;
  std::vector<SettledTransaction> settled;  // views into `checked` and the block
  Updates updates;
};

// One thread at a time; verifies signatures on the threads of `executor` too.
class Validator {
 public:
  Validator(SignatureCache& signatures, Executor& executor, int helpers)
      : signatures_(signatures), executor_(executor), helpers_(helpers) {}

  // An error when the block cannot stand at all: a configuration that does not follow from the one
  // in force.
  Result<ValidatedBlock> validate(const decode::Block& block, const CommittedState& committed);

 private:
  std::vector<CheckedTransaction> check_all(const decode::Block& block,
                                            const msp::ChannelConfig& config);

  SignatureCache& signatures_;
  Executor& executor_;
  const int helpers_;
  PolicyCache policies_;
};

// The same from a block whose codes are recorded. Settled transactions view into `sets`.
struct RecordedBlock {
  std::vector<std::vector<NamespaceSet>> sets;
  std::vector<SettledTransaction> settled;
  Updates updates;
};
Result<RecordedBlock> settle_recorded(const decode::Block& block, const CommittedState& committed);

}  // namespace belfry::ledger

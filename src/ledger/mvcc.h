// Whether what a transaction read is still so, and what it changes if it is: Fabric's state
// validation, one transaction after another over the updates of those before it in the block.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/read_write_set.h"
#include "ledger/state.h"

namespace belfry::ledger {

// code::kValid, kMvccReadConflict or kPhantomReadConflict.
uint8_t check_reads(const State& state, const Updates& updates,
                    const std::vector<NamespaceSet>& sets);

// Adds a valid transaction's writes. A value keeps the metadata it had, metadata alone renews the
// value's version, and metadata without a value is dropped.
void add_writes(const State& state, Updates& updates, const std::vector<NamespaceSet>& sets,
                const Version& version);

}  // namespace belfry::ledger

// A filtered block in the shape of a block. DeliverFiltered sends ids, codes and events without payloads; they are put
// into envelopes that hold just these, so that everything behind the source has one kind of block to read. Hashes and
// signatures do not exist: Block::filtered says so.
#pragma once

#include <string_view>

#include "decode/block.h"

namespace belfry::fabric {

// `message` is a serialized protos.FilteredBlock, which the result does not refer to.
Result<decode::Block> block_from_filtered(std::string_view message);

}  // namespace belfry::fabric

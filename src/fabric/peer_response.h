// What a peer sends on a Deliver stream, as views into the message's bytes: a status, or a block in one of its three
// forms. The block itself is not decoded here (decode/block.h), and nothing is copied.
//
// protos.DeliverResponse of Fabric's peer/events.proto.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belfry::fabric {

struct DeliverResponse {
  enum class Kind { status, block, filtered_block, block_with_private_data };
  Kind kind = Kind::status;
  int status = 0;          // common.Status: 200 success, 400 bad request, 403 forbidden, 404 not found, 503 unavailable
  std::string_view block;  // serialized common.Block; of a filtered block: protos.FilteredBlock
  // By transaction index, as sent: serialized rwset.TxPvtReadWriteSet.
  std::vector<std::pair<uint64_t, std::string_view>> private_data;
};

// The views look into `message`. An error says what does not decode and at which offset.
Result<DeliverResponse> parse_deliver_response(std::string_view message);

}  // namespace belfry::fabric

// What a peer sends on a Deliver stream: a status, or a block in one of its three forms. The block
// itself is left as a view into the message's bytes, for decode/block.h.
//
// protos.DeliverResponse of Fabric's peer/events.proto.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "decode/block.h"

namespace belfry::fabric {

struct DeliverResponse {
  enum class Kind { status, block, filtered_block, block_with_private_data };
  Kind kind = Kind::status;
  int status = 0;  // common.Status: 200 success, 400 bad request, 403 forbidden, 404 not found, 503
                   // unavailable
  std::string_view block;  // common.Block, protos.FilteredBlock or protos.BlockAndPrivateData
};

// The view looks into `message`. An error says what does not decode.
Result<DeliverResponse> parse_deliver_response(std::string_view message);
// The block of a response that has one, decoded; `message` is what the response was parsed from.
Result<decode::Block> block_in(std::shared_ptr<const std::string> message,
                               const DeliverResponse& response);

}  // namespace belfry::fabric

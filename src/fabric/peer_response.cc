#include "fabric/peer_response.h"

#include <fmt/format.h>

#include <optional>

#include "base/check.h"
#include "decode/wire.h"

namespace belfry::fabric {

using Kind = DeliverResponse::Kind;
namespace wire = decode::wire;

Result<DeliverResponse> parse_deliver_response(std::string_view message) {
  std::optional<DeliverResponse> out;  // the last of the oneof's fields counts, as protobuf has it
  wire::Reader fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::varint(1):
        out = DeliverResponse{Kind::status, static_cast<int>(fields.value()), {}};
        break;
      case wire::bytes(2):
        out = DeliverResponse{Kind::block, 0, fields.bytes()};
        break;
      case wire::bytes(3):
        out = DeliverResponse{Kind::filtered_block, 0, fields.bytes()};
        break;
      case wire::bytes(4):
        out = DeliverResponse{Kind::block_with_private_data, 0, fields.bytes()};
        break;
      default:
        break;
    }
  }
  if (fields.damaged())
    return fail(fmt::format("DeliverResponse does not decode at byte {} of {}",
                            fields.field() - message.data(), message.size()));
  if (!out) return fail("DeliverResponse holds neither a status nor a block");
  return *out;
}

Result<decode::Block> block_in(std::shared_ptr<const std::string> message,
                               const DeliverResponse& response) {
  switch (response.kind) {
    case Kind::block:
      return decode::parse_block(std::move(message), response.block);
    case Kind::filtered_block:
      return decode::parse_filtered_block(std::move(message), response.block);
    case Kind::block_with_private_data:
      return decode::parse_block_and_private_data(std::move(message), response.block);
    case Kind::status:
      break;
  }
  BELFRY_CHECK(false);
}

}  // namespace belfry::fabric

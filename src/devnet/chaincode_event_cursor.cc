#include "devnet/chaincode_event_cursor.h"

#include "decode/transaction.h"
#include "orderer/ab.pb.h"

namespace belfry::devnet {

ChaincodeEventCursor::ChaincodeEventCursor(std::shared_ptr<Channel> channel, std::string chaincode,
                                           std::string after, uint64_t start)
    : channel_(std::move(channel)),
      chaincode_(std::move(chaincode)),
      after_(std::move(after)),
      next_(start) {}

Result<ChaincodeEventCursor> ChaincodeEventCursor::create(
    std::shared_ptr<Channel> channel, const ::gateway::ChaincodeEventsRequest& request) {
  const auto& after = request.after_transaction_id();
  const auto& position = request.start_position();
  std::optional<uint64_t> start;
  if (!after.empty())
    if (const auto place = channel->ledger().find_transaction(after)) start = place->block;
  if (!start) {
    if (position.has_specified())
      start = position.specified().number();
    else if (position.has_newest())
      return fail("invalid start position type: *orderer.SeekPosition_Newest");
    else if (position.has_oldest())
      return fail("invalid start position type: *orderer.SeekPosition_Oldest");
    else
      start = channel->ledger().height();
  }
  return ChaincodeEventCursor(std::move(channel), request.chaincode_id(), after, *start);
}

Result<std::optional<::gateway::ChaincodeEventsResponse>> ChaincodeEventCursor::next(size_t most) {
  for (; most > 0 && !at_end(); --most) {
    const auto block = channel_->ledger().block(next_);
    if (!block) return tl::unexpected(block.error());
    const auto& codes = (*block)->block.metadata[2];
    ::gateway::ChaincodeEventsResponse out;
    out.set_block_number(next_++);
    for (size_t at = 0; at < (*block)->block.transactions.size(); ++at) {
      if (at >= codes.size() || codes[at] != ledger::code::kValid) continue;
      const auto transaction = decode::read_transaction((*block)->block.transactions[at]);
      decode::ChaincodeEvent event;
      if (transaction.event.empty() || !decode::read_event(transaction.event, event)) continue;
      if (!after_.empty()) {
        if (event.transaction_id == after_) after_.clear();
        continue;
      }
      if (event.chaincode != chaincode_) continue;
      auto& added = *out.add_events();
      added.set_chaincode_id(std::string(event.chaincode));
      added.set_tx_id(std::string(event.transaction_id));
      added.set_event_name(std::string(event.name));
      added.set_payload(std::string(event.payload));
    }
    if (out.events_size() > 0) return std::optional(std::move(out));
  }
  return std::optional<::gateway::ChaincodeEventsResponse>();
}

}  // namespace belfry::devnet

#include "devnet/qscc.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "ca/go_text.h"
#include "common/common.pb.h"
#include "common/ledger.pb.h"
#include "devnet/system_answer.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {
namespace {

::protos::Response block_answer(const ledger::Ledger& ledger, uint64_t number,
                                const std::string& failure) {
  const auto block = ledger.block(number);
  if (!block) return refuse(failure);
  return answer(*(*block)->bytes);
}

::protos::Response by_number(const ledger::Ledger& ledger, const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range)
    return refuse(
        fmt::format("Failed to parse block number with error strconv.ParseUint: parsing "
                    "{}: value out of range",
                    ca::go_quoted(text)));
  if (error != std::errc() || end != text.data() + text.size())
    return refuse(
        fmt::format("Failed to parse block number with error strconv.ParseUint: parsing "
                    "{}: invalid syntax",
                    ca::go_quoted(text)));
  // The largest number means the newest block.
  const uint64_t wanted = number == UINT64_MAX ? ledger.height() - 1 : number;
  return block_answer(ledger, wanted,
                      fmt::format("Failed to get block number {0}, error no such block number "
                                  "[{0}] in index",
                                  number));
}

::protos::Response by_hash(const ledger::Ledger& ledger, const std::string& hash) {
  const std::string failure = fmt::format(
      "Failed to get block hash {}, error no such block hash [{}] in index", hash, hex(hash));
  const auto number = ledger.block_of_hash(hash);
  return number ? block_answer(ledger, *number, failure) : refuse(failure);
}

::protos::Response by_transaction(const ledger::Ledger& ledger, const std::string& id) {
  const std::string failure = fmt::format(
      "Failed to get block for txID {0}, error no such transaction ID [{0}] in index", id);
  const auto place = id.empty() ? std::nullopt : ledger.find_transaction(id);
  return place ? block_answer(ledger, place->block, failure) : refuse(failure);
}

::protos::Response transaction(const ledger::Ledger& ledger, const std::string& id) {
  const auto place = id.empty() ? std::nullopt : ledger.find_transaction(id);
  const auto block = place ? ledger.block(place->block) : fail("no place");
  ::protos::ProcessedTransaction out;
  if (!block || !out.mutable_transactionenvelope()->ParseFromString(
                    std::string((*block)->block.transactions.at(place->index))))
    return refuse(fmt::format(
        "Failed to get transaction with id {0}, error no such transaction ID [{0}] in index", id));
  out.set_validationcode(place->code);
  return answer(out.SerializeAsString());
}

::protos::Response chain_info(const ledger::Ledger& ledger) {
  const auto info = ledger.info();
  ::common::BlockchainInfo out;
  out.set_height(info.height);
  out.set_currentblockhash(std::string(view(info.current)));
  out.set_previousblockhash(info.previous);
  return answer(out.SerializeAsString());
}

}  // namespace

::protos::Response call_qscc(const ledger::Ledger& ledger, const std::vector<std::string>& args) {
  const auto& function = args.at(0);
  if (function == "GetChainInfo") return chain_info(ledger);
  if (function == "GetBlockByNumber") return by_number(ledger, args.at(2));
  if (function == "GetBlockByHash") return by_hash(ledger, args.at(2));
  if (function == "GetTransactionByID") return transaction(ledger, args.at(2));
  if (function == "GetBlockByTxID") return by_transaction(ledger, args.at(2));
  return refuse(fmt::format("Requested function {} not found.", function));
}

}  // namespace belfry::devnet

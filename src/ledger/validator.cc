#include "ledger/validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <map>
#include <set>

#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "decode/transaction.h"
#include "ledger/legacy_check.h"
#include "ledger/mvcc.h"
#include "msp/config_update.h"

namespace belfry::ledger {
namespace {

constexpr size_t kCodes = 2;  // metadata slot

using ConfigPtr = std::shared_ptr<const msp::ChannelConfig>;

Result<ConfigPtr> follow(const msp::ChannelConfig& current, std::string_view envelope) {
  auto transaction = msp::parse_config_transaction(envelope);
  if (!transaction) return tl::unexpected(transaction.error());
  auto next = msp::follow_update(current, *transaction->envelope);
  if (!next) return tl::unexpected(next.error());
  return std::make_shared<const msp::ChannelConfig>(std::move(*next));
}

// Whoever calls a chaincode in the block that upgrades it, or upgrades it before somebody else
// does, was endorsed by what is no more.
void invalidate_upgraded(std::vector<CheckedTransaction>& checked) {
  std::map<std::string, size_t> upgrades;  // the last of each
  for (size_t i = 0; i < checked.size(); ++i) {
    if (checked[i].code != code::kValid) continue;
    const auto name = upgraded_chaincode(checked[i]);
    if (!name) continue;
    const auto [last, first_one] = upgrades.emplace(*name, i);
    if (first_one) continue;
    checked[last->second].code = code::kChaincodeVersionConflict;
    last->second = i;
  }
  for (CheckedTransaction& each : checked)
    if (each.code == code::kValid && upgrades.contains(each.chaincode))
      each.code = code::kChaincodeVersionConflict;
}

}  // namespace

std::vector<CheckedTransaction> Validator::check_all(const decode::Block& block,
                                                     const msp::ChannelConfig& config) {
  const size_t count = block.transactions.size();
  std::vector<CheckedTransaction> checked(count);
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++)
      checked[i] = check_transaction(block.transactions[i], config, signatures_);
  };
  const size_t helpers =
      count > 1 ? std::min(static_cast<size_t>(std::max(helpers_ - 1, 0)), count - 1) : 0;
  std::latch done(static_cast<std::ptrdiff_t>(helpers));
  for (size_t i = 0; i < helpers; ++i)
    executor_.post([&] {
      work();
      done.count_down();
    });
  work();
  done.wait();
  return checked;
}

Result<ValidatedBlock> Validator::validate(const decode::Block& block,
                                           const CommittedState& committed) {
  const ConfigPtr config = committed.config();
  ValidatedBlock out;
  out.checked = check_all(block, *config);
  out.settled.resize(out.checked.size());

  EndorsementCheck endorsements(committed, committed.state(), *config, policies_);
  std::set<std::string_view> ids;
  for (size_t i = 0; i < out.checked.size(); ++i) {
    CheckedTransaction& each = out.checked[i];
    if (each.code != code::kValid) continue;
    if (each.type == ::common::CONFIG) {
      auto next = follow(*config, block.transactions[i]);
      if (!next)
        return fail(
            fmt::format("the configuration in block {}: {}", block.number, next.error().message));
      out.settled[i].config = std::move(*next);
      continue;
    }
    if (committed.find_transaction(each.id))
      each.code = code::kDuplicateTxid;
    else if (each.late_code != code::kValid)
      each.code = each.late_code;
    else
      each.code = endorsements.check(each);
    if (each.code == code::kValid && !ids.insert(each.id).second) each.code = code::kDuplicateTxid;
  }
  if (!has_new_lifecycle(*config)) invalidate_upgraded(out.checked);
  for (size_t i = 0; i < out.checked.size(); ++i) {
    CheckedTransaction& each = out.checked[i];
    if (each.code == code::kValid && each.type != ::common::CONFIG) {
      each.code = check_reads(committed.state(), out.updates, each.sets);
      if (each.code == code::kValid) {
        add_writes(committed.state(), out.updates, each.sets, {block.number, i});
        out.settled[i].sets = &each.sets;
      }
    }
    out.codes += static_cast<char>(each.code);
    out.settled[i].code = each.code;
    out.settled[i].id = decode::read_transaction(block.transactions[i]).id;
  }
  return out;
}

Result<RecordedBlock> settle_recorded(const decode::Block& block, const CommittedState& committed) {
  RecordedBlock out;
  const size_t count = block.transactions.size();
  out.sets.resize(count);
  out.settled.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const auto transaction = decode::read_transaction(block.transactions[i]);
    SettledTransaction& settled = out.settled[i];
    settled.id = transaction.id;
    settled.code = i < block.metadata[kCodes].size()
                       ? static_cast<uint8_t>(block.metadata[kCodes][i])
                   : block.number == 0 ? code::kValid
                                       : code::kNotValidated;
    if (settled.code != code::kValid) continue;
    if (transaction.type == ::common::CONFIG) {
      auto config = msp::ChannelConfig::from_transaction(block.transactions[i]);
      if (!config) return tl::unexpected(config.error());
      settled.config = std::make_shared<const msp::ChannelConfig>(std::move(*config));
    } else if (transaction.type == decode::kEndorserTransaction &&
               read_sets(transaction.results, out.sets[i])) {
      add_writes(committed.state(), out.updates, out.sets[i], {block.number, i});
      settled.sets = &out.sets[i];
    }
  }
  return out;
}

}  // namespace belfry::ledger

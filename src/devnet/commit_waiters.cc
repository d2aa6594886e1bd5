#include "devnet/commit_waiters.h"

#include <vector>

#include "decode/transaction.h"

namespace belfry::devnet {
namespace {

constexpr size_t kCodes = 2;  // metadata slot

}  // namespace

CommitWaiters::CommitWaiters(ledger::Ledger& ledger) : ledger_(ledger) {
  listener_ =
      ledger_.add_listener([this](const ledger::CommittedBlockPtr& block) { committed(*block); });
}

CommitWaiters::~CommitWaiters() {
  ledger_.remove_listener(listener_);
}

uint64_t CommitWaiters::add(std::string_view id, Callback<const CommitStatus&> then) {
  std::unique_lock lock(mutex_);
  const uint64_t number = next_++;
  // The ledger tells of a block after it has it: under the lock, none can slip through between.
  auto place = ledger_.find_transaction(id);
  if (!place) {
    ids_.emplace(number, id);
    waiting_.emplace(std::string(id), Waiter{number, std::move(then)});
    return number;
  }
  lock.unlock();
  then({place->block, place->index, place->code});
  return number;
}

void CommitWaiters::forget(uint64_t number) {
  std::unique_lock lock(mutex_);
  auto id = ids_.find(number);
  if (id != ids_.end()) {
    auto [from, to] = waiting_.equal_range(id->second);
    for (auto at = from; at != to; ++at)
      if (at->second.number == number) {
        waiting_.erase(at);
        break;
      }
    ids_.erase(id);
    return;
  }
  if (runner_ == std::this_thread::get_id()) return;  // the callback forgets itself
  done_.wait(lock, [&] { return running_ != number; });
}

void CommitWaiters::committed(const ledger::CommittedBlock& block) {
  for (uint32_t i = 0; i < block.block.transactions.size(); ++i) {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) return;
    const auto transaction = decode::read_transaction(block.block.transactions[i]);
    auto at = waiting_.find(transaction.id);
    while (at != waiting_.end()) {
      Waiter waiter = std::move(at->second);
      waiting_.erase(at);
      ids_.erase(waiter.number);
      running_ = waiter.number;
      runner_ = std::this_thread::get_id();
      lock.unlock();
      waiter.then({block.block.number, i, static_cast<uint8_t>(block.block.metadata[kCodes][i])});
      lock.lock();
      running_ = 0;
      runner_ = {};
      done_.notify_all();
      at = waiting_.find(transaction.id);
    }
  }
}

}  // namespace belfry::devnet

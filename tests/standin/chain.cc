#include "standin/chain.h"

#include <algorithm>

#include "decode/block.h"

namespace belfry::tests {
namespace {

constexpr size_t kCodes = 2;  // the metadata slot with one validation code per transaction
constexpr char kBadPayload = 2;

}  // namespace

Chain::Chain(const Ledger& ledger, size_t blocks) {
  for (size_t i = 0; i < std::min(blocks, ledger.height()); ++i) append(ledger.common_block(i));
}

Chain::Chain(const std::vector<BlockParts>& blocks) {
  for (const BlockParts& block : blocks) append(to_common_block(block));
}

uint64_t Chain::height() const {
  const std::lock_guard lock(mutex_);
  return blocks_.size();
}

void Chain::append(std::string block) {
  auto owned = std::make_shared<const std::string>(std::move(block));
  {
    const std::lock_guard lock(mutex_);
    blocks_.push_back(std::move(owned));
  }
  grown_.notify_all();
}

std::shared_ptr<const std::string> Chain::wait_for(uint64_t number,
                                                   const std::function<bool()>& give_up) const {
  std::unique_lock lock(mutex_);
  while (blocks_.size() <= number) {
    awaited_ = true;
    lock.unlock();
    if (give_up()) return nullptr;
    lock.lock();
    grown_.wait_for(lock, std::chrono::milliseconds(20), [&] { return blocks_.size() > number; });
  }
  return blocks_[number];
}

std::shared_ptr<const std::string> Chain::at(uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return number < blocks_.size() ? blocks_[number] : nullptr;
}

bool Chain::awaited() const {
  const std::lock_guard lock(mutex_);
  return awaited_;
}

std::vector<BlockParts> parts_of(const Ledger& ledger, size_t blocks) {
  std::vector<BlockParts> out;
  for (size_t i = 0; i < std::min(blocks, ledger.height()); ++i) out.push_back(ledger.parts(i));
  return out;
}

void rechain(std::vector<BlockParts>& blocks, size_t from) {
  for (size_t i = from; i < blocks.size(); ++i) {
    rehash(blocks[i]);
    if (i == 0) continue;
    const BlockParts& before = blocks[i - 1];
    blocks[i].previous_hash =
        view(decode::header_hash(before.number, before.previous_hash, before.data_hash));
  }
}

void rebuild(std::vector<BlockParts>& blocks) {
  append_field(blocks.at(0).transactions.at(0), 99,
               std::string_view("another network"));  // an unknown field
  rechain(blocks, 0);
}

std::vector<BlockParts> one_by_one(const std::vector<BlockParts>& blocks, size_t from) {
  std::vector<BlockParts> out(blocks.begin(), blocks.begin() + static_cast<ptrdiff_t>(from));
  for (size_t i = from; i < blocks.size(); ++i) {
    for (size_t at = 0; at < blocks[i].transactions.size(); ++at) {
      BlockParts one;
      one.number = out.size();
      one.transactions = {blocks[i].transactions[at]};
      one.metadata = blocks[i].metadata;
      one.metadata.at(kCodes) = blocks[i].metadata.at(kCodes).substr(at, 1);
      out.push_back(std::move(one));
    }
  }
  rechain(out, from);
  return out;
}

void pad(BlockParts& block, size_t bytes) {
  std::string payload(bytes, '\x7f');
  std::string envelope;
  append_field(envelope, 1, payload);
  block.transactions.push_back(std::move(envelope));
  block.metadata.at(kCodes).push_back(kBadPayload);
}

}  // namespace belfry::tests

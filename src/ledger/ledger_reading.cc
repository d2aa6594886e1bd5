#include <fmt/format.h>

#include "decode/transaction.h"
#include "ledger/ledger_impl.h"
#include "msp/channel_config.h"

namespace belfry::ledger {

uint64_t LedgerImpl::height() const {
  std::shared_lock lock(state_mutex_);
  return committed_->info().height;
}

ChainInfo LedgerImpl::info() const {
  std::shared_lock lock(state_mutex_);
  return committed_->info();
}

std::shared_ptr<const msp::ChannelConfig> LedgerImpl::config() const {
  std::shared_lock lock(state_mutex_);
  return committed_->config();
}

uint64_t LedgerImpl::config_block() const {
  std::shared_lock lock(state_mutex_);
  return committed_->config_block();
}

Result<CommittedBlockPtr> LedgerImpl::block(uint64_t number) const {
  {
    std::shared_lock lock(state_mutex_);
    if (number >= committed_->info().height)
      return fail(fmt::format("channel {} has no block {}", channel_, number));
    if (!recent_.empty() && number >= recent_.front()->block.number)
      return recent_[number - recent_.front()->block.number];
  }
  auto record = blocks_->read(number);
  if (!record) return tl::unexpected(record.error());
  auto parsed = decode::parse_block_file_record(*record, **record);
  if (!parsed) return tl::unexpected(parsed.error());
  auto made = std::make_shared<CommittedBlock>();
  made->bytes = std::make_shared<const std::string>(encode_block(contents_of(*parsed)));
  auto block = decode::parse_block(made->bytes, *made->bytes);
  if (!block) return tl::unexpected(block.error());
  made->block = std::move(*block);
  made->is_config = made->block.transactions.size() == 1 &&
                    msp::is_config_transaction(made->block.transactions.front());
  return CommittedBlockPtr(std::move(made));
}

std::optional<uint64_t> LedgerImpl::block_of_hash(std::string_view header_hash) const {
  std::shared_lock lock(state_mutex_);
  return committed_->block_of_hash(header_hash);
}

std::optional<TransactionPlace> LedgerImpl::find_transaction(std::string_view id) const {
  std::shared_lock lock(state_mutex_);
  return committed_->find_transaction(id);
}

Result<std::vector<std::string>> LedgerImpl::private_data(uint64_t number) const {
  auto read = block(number);
  if (!read) return tl::unexpected(read.error());
  std::vector<std::string> sets((*read)->block.transactions.size());
  std::shared_lock lock(state_mutex_);
  if (private_store_ == nullptr) return sets;
  if (const PrivateSets* found = private_store_->find(number))
    for (const auto& [index, set] : *found)
      if (index < sets.size()) sets[index] = set;
  return sets;
}

std::optional<Value> LedgerImpl::get(std::string_view name_space, std::string_view key) const {
  std::shared_lock lock(state_mutex_);
  return committed_->get(name_space, key);
}

std::vector<KeyValue> LedgerImpl::range(std::string_view name_space, std::string_view from,
                                        std::string_view to, size_t most) const {
  std::shared_lock lock(state_mutex_);
  return committed_->range(name_space, from, to, most);
}

std::vector<Modification> LedgerImpl::history(std::string_view name_space, std::string_view key,
                                              size_t skip, size_t most) const {
  std::shared_lock lock(state_mutex_);
  return committed_->history(name_space, key, skip, most);
}

std::optional<Value> LedgerImpl::private_hash(std::string_view name_space,
                                              std::string_view collection,
                                              std::string_view key_hash) const {
  std::shared_lock lock(state_mutex_);
  return committed_->private_hash(name_space, collection, key_hash);
}

std::optional<Value> LedgerImpl::private_value(std::string_view name_space,
                                               std::string_view collection,
                                               std::string_view key) const {
  std::shared_lock lock(state_mutex_);
  return committed_->private_value(name_space, collection, key);
}

std::vector<KeyValue> LedgerImpl::private_range(std::string_view name_space,
                                                std::string_view collection, std::string_view from,
                                                std::string_view to, size_t most) const {
  std::shared_lock lock(state_mutex_);
  return committed_->private_range(name_space, collection, from, to, most);
}

}  // namespace belfry::ledger

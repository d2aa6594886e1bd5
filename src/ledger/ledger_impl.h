// The ledger behind ledger/ledger.h. Locks, in this order: committing_, then state_mutex_ or
// listeners_mutex_.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "ledger/block_store.h"
#include "ledger/committed_state.h"
#include "ledger/held_private.h"
#include "ledger/ledger.h"
#include "ledger/private_store.h"
#include "ledger/validator.h"

namespace belfry::ledger {

class LedgerImpl final : public Ledger {
 public:
  static constexpr size_t kMostRecentBytes = 32 << 20;

  LedgerImpl(Options options, std::shared_ptr<SignatureCache> signatures);

  // Reads the files; `folder` with the block files, or one file of a recorded ledger.
  Result<void> open_files(FileSystem& files, const std::string& blocks,
                          const std::string& private_data);
  Result<void> begin(std::string_view genesis);

  const std::string& channel() const override { return channel_; }
  uint64_t height() const override;
  ChainInfo info() const override;
  std::shared_ptr<const msp::ChannelConfig> config() const override;
  uint64_t config_block() const override;
  Result<CommittedBlockPtr> block(uint64_t number) const override;
  std::optional<uint64_t> block_of_hash(std::string_view header_hash) const override;
  std::optional<TransactionPlace> find_transaction(std::string_view id) const override;
  Result<std::vector<std::string>> private_data(uint64_t block) const override;
  void hold_private(std::string_view transaction_id, PrivateSet writes) override;
  Result<CommittedBlockPtr> commit(std::shared_ptr<const std::string> block) override;
  uint64_t add_listener(Listener listener) override;
  void remove_listener(uint64_t number) override;

  std::optional<Value> get(std::string_view name_space, std::string_view key) const override;
  std::vector<KeyValue> range(std::string_view name_space, std::string_view from,
                              std::string_view to, size_t most) const override;
  std::vector<Modification> history(std::string_view name_space, std::string_view key, size_t skip,
                                    size_t most) const override;
  std::optional<Value> private_hash(std::string_view name_space, std::string_view collection,
                                    std::string_view key_hash) const override;
  std::optional<Value> private_value(std::string_view name_space, std::string_view collection,
                                     std::string_view key) const override;
  std::vector<KeyValue> private_range(std::string_view name_space, std::string_view collection,
                                      std::string_view from, std::string_view to,
                                      size_t most) const override;

 private:
  Result<void> replay(const decode::Block& block, bool last);
  Result<void> check_next(const decode::Block& block) const;
  Result<void> check_unfinished(const decode::Block& block, const Updates& updates) const;
  PrivateSets take_private(const ValidatedBlock& validated);
  Result<CommittedBlockPtr> write(const decode::Block& block, const ValidatedBlock& validated,
                                  const PrivateSets& private_sets);
  void remember(CommittedBlockPtr block);
  void tell(const CommittedBlockPtr& block);

  const Options options_;
  const std::shared_ptr<SignatureCache> signatures_;
  std::string channel_;
  std::unique_ptr<BlockStore> blocks_;
  std::unique_ptr<PrivateStore> private_store_;
  HeldPrivate held_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Validator> validator_;

  std::mutex committing_;
  mutable std::shared_mutex state_mutex_;  // over committed_, recent_, and private_store_'s memory
  std::unique_ptr<CommittedState> committed_;
  std::deque<CommittedBlockPtr> recent_;
  size_t recent_bytes_ = 0;

  std::mutex listeners_mutex_;
  uint64_t next_listener_ = 1;
  std::vector<std::pair<uint64_t, Listener>> listeners_;
};

}  // namespace belfry::ledger

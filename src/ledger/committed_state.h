// Everything that follows from the blocks committed so far: state, private values, history, where
// each transaction and block is, the configuration in force. A fold: apply() takes it from one
// height to the next, the same way when a block is committed and when it is read again at open().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "decode/block.h"
#include "ledger/ledger.h"
#include "ledger/private_store.h"
#include "ledger/read_write_set.h"
#include "ledger/state.h"

namespace belfry::ledger {

// A transaction of a block whose codes are settled.
struct SettledTransaction {
  std::string_view id;
  uint8_t code = 0;
  std::shared_ptr<const msp::ChannelConfig> config;  // of a valid configuration transaction
  const std::vector<NamespaceSet>* sets = nullptr;   // of a valid endorser transaction
};

// The caller's locks: nothing is read while apply() runs.
class CommittedState final : public Reader {
 public:
  using ReadBlock = std::function<Result<decode::Block>(uint64_t number)>;  // for history()
  // `store` may be null: then no private data is held, nor does anything expire from it.
  CommittedState(PrivateStore* store, ReadBlock read_block)
      : store_(store), read_block_(std::move(read_block)) {}

  void apply(const decode::Block& block, const std::vector<SettledTransaction>& transactions,
             const Updates& updates, PrivateSets private_sets);

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

  const State& state() const { return state_; }
  const ChainInfo& info() const { return info_; }
  const std::shared_ptr<const msp::ChannelConfig>& config() const { return config_; }
  uint64_t config_block() const { return config_block_; }
  const std::string& commit_hash() const { return commit_hash_; }
  std::optional<uint64_t> block_of_hash(std::string_view header_hash) const;
  std::optional<TransactionPlace> find_transaction(std::string_view id) const;

 private:
  struct First8 {
    size_t operator()(const Hash256& hash) const;
  };
  struct Expiring {
    SpaceOrder::Name space;
    std::string key_hash;
    Version version;
  };
  struct PrivateValue {
    std::string bytes;
  };

  std::optional<Value> with_hash(Space space, std::string_view key,
                                 const PrivateValue& value) const;
  void note_history(const std::vector<NamespaceSet>& sets, const Version& version);
  void purge(const std::vector<NamespaceSet>& sets);
  void take_private(const Version& version, std::string_view private_set);
  void forget_private(Space space, std::string_view key_hash);
  void schedule_expiry(const Updates& updates, uint64_t block);
  void expire(uint64_t block);
  uint64_t block_to_live(Space space) const;

  PrivateStore* const store_;
  const ReadBlock read_block_;
  State state_;
  Spaces<PrivateValue> private_values_;
  Spaces<std::string> private_keys_;             // by hash
  Spaces<std::vector<Version>> private_writes_;  // by hash: which held sets have it
  Spaces<std::vector<Version>> history_;
  std::map<uint64_t, std::vector<Expiring>> expiring_;  // by the block after which they are gone
  std::unordered_map<Hash256, TransactionPlace, First8> transactions_;
  std::unordered_map<Hash256, uint64_t, First8> blocks_;
  ChainInfo info_;
  std::shared_ptr<const msp::ChannelConfig> config_;
  uint64_t config_block_ = 0;
  std::string commit_hash_;
};

// The value of metadata slot 4.
std::string recorded_commit_hash(const decode::Block& block);

}  // namespace belfry::ledger

#include "devnet/rwset_builder.h"

#include "base/hash.h"
#include "ledger/rwset/rwset.pb.h"

namespace belfry::devnet {
namespace {

std::string hash_of(std::string_view bytes) {
  return std::string(view(sha256(bytes)));
}

template <class Read>
void set_version(Read& read, const std::optional<ledger::Version>& version) {
  if (!version) return;
  read.mutable_version()->set_block_num(version->block);
  read.mutable_version()->set_tx_num(version->transaction);
}

template <class Write>
void set_entries(Write& write, const std::map<std::string, std::string>& entries) {
  for (const auto& [name, value] : entries) {
    auto& entry = *write.add_entries();
    entry.set_name(name);
    entry.set_value(value);
  }
}

std::string public_bytes(const NamespaceSets& sets) {
  ::kvrwset::KVRWSet out;
  for (const auto& [key, version] : sets.reads) {
    auto& read = *out.add_reads();
    read.set_key(key);
    set_version(read, version);
  }
  for (const auto& range : sets.ranges) *out.add_range_queries_info() = range;
  for (const auto& [key, value] : sets.writes) {
    auto& write = *out.add_writes();
    write.set_key(key);
    write.set_is_delete(value.empty());
    write.set_value(value);
  }
  for (const auto& [key, entries] : sets.metadata) {
    auto& write = *out.add_metadata_writes();
    write.set_key(key);
    set_entries(write, entries);
  }
  return out.SerializeAsString();
}

std::string hashed_bytes(const CollectionSets& sets) {
  ::kvrwset::HashedRWSet out;
  for (const auto& [key, version] : sets.reads) {
    auto& read = *out.add_hashed_reads();
    read.set_key_hash(hash_of(key));
    set_version(read, version);
  }
  for (const auto& [key, put] : sets.writes) {
    auto& write = *out.add_hashed_writes();
    write.set_key_hash(hash_of(key));
    write.set_is_delete(put.value.empty());
    if (!put.value.empty()) write.set_value_hash(hash_of(put.value));
    write.set_is_purge(put.purge);
  }
  for (const auto& [key, entries] : sets.metadata) {
    auto& write = *out.add_metadata_writes();
    write.set_key_hash(hash_of(key));
    set_entries(write, entries);
  }
  return out.SerializeAsString();
}

std::string private_bytes(const CollectionSets& sets) {
  ::kvrwset::KVRWSet out;
  for (const auto& [key, put] : sets.writes) {
    auto& write = *out.add_writes();
    write.set_key(key);
    write.set_is_delete(put.value.empty());
    write.set_value(put.value);
  }
  // The entries are in the hashed set; the key stands here because its version grows with them.
  for (const auto& [key, entries] : sets.metadata) out.add_metadata_writes()->set_key(key);
  return out.SerializeAsString();
}

}  // namespace

SetBytes serialize(const TransactionSets& transaction) {
  ::rwset::TxReadWriteSet open;
  ::rwset::TxPvtReadWriteSet hidden;
  for (const auto& [name, sets] : transaction) {
    auto& out = *open.add_ns_rwset();
    out.set_namespace_(name);
    out.set_rwset(public_bytes(sets));
    ::rwset::NsPvtReadWriteSet* hidden_out = nullptr;
    for (const auto& [collection, of] : sets.collections) {
      auto& hashed = *out.add_collection_hashed_rwset();
      hashed.set_collection_name(collection);
      hashed.set_hashed_rwset(hashed_bytes(of));
      if (of.writes.empty() && of.metadata.empty()) continue;
      if (!hidden_out) {
        hidden_out = hidden.add_ns_pvt_rwset();
        hidden_out->set_namespace_(name);
      }
      auto& values = *hidden_out->add_collection_pvt_rwset();
      values.set_collection_name(collection);
      values.set_rwset(private_bytes(of));
      hashed.set_pvt_rwset_hash(hash_of(values.rwset()));
    }
  }
  return {open.SerializeAsString(), hidden.SerializeAsString()};
}

}  // namespace belfry::devnet

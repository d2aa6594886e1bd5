#include "devnet/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/check.h"
#include "base/hash.h"
#include "devnet/rwset_builder.h"
#include "ledger/range_summary.h"

namespace belfry::devnet {
namespace {

constexpr size_t kReadAhead = 128;  // keys asked of the reader at once

std::string hash_of(std::string_view bytes) {
  return std::string(view(sha256(bytes)));
}

// Fabric's text of a version.Height.
std::string describe(const std::optional<ledger::Version>& version) {
  if (!version) return "<nil>";
  return fmt::format("{{BlockNum: {}, TxNum: {}}}", version->block, version->transaction);
}

Metadata entries_of(const std::string& bytes) {
  ::kvrwset::KVMetadataWrite stored;
  Metadata out;
  if (!stored.ParseFromString(bytes)) return out;
  for (const auto& entry : stored.entries()) out[entry.name()] = entry.value();
  return out;
}

bool same_range(const ::kvrwset::RangeQueryInfo& a, const ::kvrwset::RangeQueryInfo& b) {
  return a.start_key() == b.start_key() && a.end_key() == b.end_key() &&
         a.itr_exhausted() == b.itr_exhausted();
}

}  // namespace

struct Simulator::Sets {
  TransactionSets by_namespace;
  std::set<std::pair<std::string, std::string>> private_reads;
};

// Keys of a range in order, a portion of them at a time.
class PortionReader {
 public:
  using Read = std::function<std::vector<ledger::KeyValue>(const std::string& from)>;
  PortionReader(std::string from, Read read) : from_(std::move(from)), read_(std::move(read)) {}

  std::optional<ledger::KeyValue> next() {
    if (at_ == portion_.size() && !ended_) {
      portion_ = read_(from_);
      at_ = 0;
      ended_ = portion_.size() < kReadAhead;
      if (!portion_.empty()) from_ = portion_.back().key + '\0';
    }
    if (at_ == portion_.size()) return std::nullopt;
    return std::move(portion_[at_++]);
  }

 private:
  std::string from_;
  Read read_;
  std::vector<ledger::KeyValue> portion_;
  size_t at_ = 0;
  bool ended_ = false;
};

class Simulator::RangeScan final : public Scan {
 public:
  RangeScan(const ledger::Reader& state, std::string name_space, std::string from, std::string to,
            int32_t page)
      : name_space_(std::move(name_space)),
        to_(std::move(to)),
        page_(page),
        keys_(from, [&state, this](const std::string& start) {
          return to_.empty() || start < to_ ? state.range(name_space_, start, to_, kReadAhead)
                                            : std::vector<ledger::KeyValue>{};
        }) {
    info_.set_start_key(std::move(from));
  }

  std::optional<KeyAndValue> next() override {
    auto found = page_ > 0 && returned_ >= page_ ? std::nullopt : keys_.next();
    if (!found) {
      info_.set_itr_exhausted(true);
      info_.set_end_key(to_);
      return std::nullopt;
    }
    ++returned_;
    reads_.add(found->key, found->value.version);
    info_.set_end_key(found->key);  // until the end is seen, the range ends at what was read
    return KeyAndValue{std::move(found->key), std::move(found->value.bytes)};
  }

  std::string bookmark() override {
    auto found = keys_.next();
    return found ? std::move(found->key) : std::string();
  }

  const std::string& name_space() const { return name_space_; }
  ::kvrwset::RangeQueryInfo take() {
    reads_.finish();
    if (reads_.hashed()) {
      auto& summary = *info_.mutable_reads_merkle_hashes();
      summary.set_max_degree(reads_.max_degree());
      summary.set_max_level(reads_.max_level());
      for (const auto& hash : reads_.max_level_hashes()) summary.add_max_level_hashes(hash);
    } else {
      for (const auto& read : reads_.reads())
        BELFRY_CHECK(info_.mutable_raw_reads()->add_kv_reads()->ParseFromString(read));
    }
    return std::move(info_);
  }

 private:
  const std::string name_space_, to_;
  const int32_t page_;
  int32_t returned_ = 0;
  PortionReader keys_;
  ::kvrwset::RangeQueryInfo info_;
  ledger::RangeSummary reads_;
};

class Simulator::PrivateScan final : public Scan {
 public:
  explicit PrivateScan(PortionReader keys) : keys_(std::move(keys)) {}
  std::optional<KeyAndValue> next() override {
    auto found = keys_.next();
    if (!found) return std::nullopt;
    return KeyAndValue{std::move(found->key), std::move(found->value.bytes)};
  }

 private:
  PortionReader keys_;
};

Simulator::Simulator(const ledger::Reader& state, const Collections& collections,
                     std::string transaction_id)
    : state_(state),
      collections_(collections),
      transaction_id_(std::move(transaction_id)),
      sets_(std::make_unique<Sets>()) {}
Simulator::~Simulator() = default;

std::optional<std::string> Simulator::get(const std::string& name_space, const std::string& key) {
  auto found = state_.get(name_space, key);
  sets_->by_namespace[name_space].reads[key] = found ? std::optional(found->version) : std::nullopt;
  if (!found) return std::nullopt;
  return std::move(found->bytes);
}

Metadata Simulator::metadata(const std::string& name_space, const std::string& key) {
  auto found = state_.get(name_space, key);
  sets_->by_namespace[name_space].reads[key] = found ? std::optional(found->version) : std::nullopt;
  return found ? entries_of(found->metadata) : Metadata{};
}

Result<void> Simulator::may_write() {
  if (queried_private_)
    return fail(
        fmt::format("txid [{}]: unsuppored transaction. Transaction has already performed "
                    "queries on pvt data. Writes are not allowed",
                    transaction_id_));
  if (paginated_)
    return fail(
        fmt::format("txid [{}]: unsuppored transaction. Transaction has already performed "
                    "a paginated query. Writes are not allowed",
                    transaction_id_));
  wrote_ = true;
  return {};
}

void Simulator::note_write(const std::string& name_space, const std::string& collection,
                           const std::optional<ledger::Value>& committed) {
  Written& written = written_[{name_space, collection}];
  const auto entries =
      committed && !committed->metadata.empty() ? entries_of(committed->metadata) : Metadata{};
  const auto found = entries.find("VALIDATION_PARAMETER");
  if (found == entries.end()) {
    written.plain = true;
    return;
  }
  auto& policies = written.policies;
  if (std::find(policies.begin(), policies.end(), found->second) == policies.end())
    policies.push_back(found->second);
}

Result<void> Simulator::put(const std::string& name_space, const std::string& key,
                            std::string value) {
  if (auto may = may_write(); !may) return may;
  sets_->by_namespace[name_space].writes[key] = std::move(value);
  note_write(name_space, "", state_.get(name_space, key));
  return {};
}

Result<void> Simulator::erase(const std::string& name_space, const std::string& key) {
  return put(name_space, key, "");
}

Result<void> Simulator::put_metadata(const std::string& name_space, const std::string& key,
                                     const Metadata& metadata) {
  if (auto may = may_write(); !may) return may;
  sets_->by_namespace[name_space].metadata[key] = metadata;
  note_write(name_space, "", state_.get(name_space, key));
  return {};
}

Scan* Simulator::range(const std::string& name_space, std::string from, std::string to) {
  auto scan = std::make_unique<RangeScan>(state_, name_space, std::move(from), std::move(to), 0);
  ranges_.push_back(scan.get());
  scans_.push_back(std::move(scan));
  return scans_.back().get();
}

Result<Scan*> Simulator::page(const std::string& name_space, std::string from, std::string to,
                              int32_t page) {
  if (wrote_)
    return fail(
        fmt::format("txid [{}]: unsuppored transaction. Paginated queries are supported "
                    "only in a read-only transaction",
                    transaction_id_));
  paginated_ = true;
  auto scan = std::make_unique<RangeScan>(state_, name_space, std::move(from), std::move(to), page);
  ranges_.push_back(scan.get());
  scans_.push_back(std::move(scan));
  return scans_.back().get();
}

Result<bool> Simulator::held(const std::string& name_space, const std::string& collection) {
  const auto place = std::pair(name_space, collection);
  if (const auto known = held_.find(place); known != held_.end()) return known->second;
  auto answer = collections_.held(*this, name_space, collection);
  if (answer) held_.emplace(place, *answer);
  return answer;
}

Result<std::optional<std::string>> Simulator::get_private(const std::string& name_space,
                                                          const std::string& collection,
                                                          const std::string& key) {
  const auto is_held = held(name_space, collection);
  if (!is_held) return tl::unexpected(is_held.error());
  std::optional<ledger::Value> value;
  if (*is_held) value = state_.private_value(name_space, collection, key);
  const auto hash = state_.private_hash(name_space, collection, hash_of(key));
  const auto value_version = value ? std::optional(value->version) : std::nullopt;
  const auto hash_version = hash ? std::optional(hash->version) : std::nullopt;
  if (value_version != hash_version)
    return fail(
        fmt::format("private data matching public hash version is not available. Public hash "
                    "version = {}, Private data version = {}",
                    describe(hash_version), describe(value_version)));
  sets_->by_namespace[name_space].collections[collection].reads[key] = value_version;
  sets_->private_reads.emplace(name_space, collection);
  if (!value) return std::optional<std::string>();
  return std::optional(std::move(value->bytes));
}

Result<std::optional<std::string>> Simulator::get_private_hash(const std::string& name_space,
                                                               const std::string& collection,
                                                               const std::string& key) {
  if (const auto known = held(name_space, collection); !known) return tl::unexpected(known.error());
  auto hash = state_.private_hash(name_space, collection, hash_of(key));
  sets_->by_namespace[name_space].collections[collection].reads[key] =
      hash ? std::optional(hash->version) : std::nullopt;
  if (!hash) return std::optional<std::string>();
  return std::optional(std::move(hash->bytes));
}

Result<Metadata> Simulator::private_metadata(const std::string& name_space,
                                             const std::string& collection,
                                             const std::string& key) {
  if (const auto known = held(name_space, collection); !known) return tl::unexpected(known.error());
  const auto hash = state_.private_hash(name_space, collection, hash_of(key));
  sets_->by_namespace[name_space].collections[collection].reads[key] =
      hash ? std::optional(hash->version) : std::nullopt;
  return hash ? entries_of(hash->metadata) : Metadata{};
}

Result<void> Simulator::put_private(const std::string& name_space, const std::string& collection,
                                    const std::string& key, std::string value) {
  if (const auto known = held(name_space, collection); !known) return tl::unexpected(known.error());
  if (auto may = may_write(); !may) return may;
  sets_->by_namespace[name_space].collections[collection].writes[key] = {std::move(value), false};
  note_write(name_space, collection, state_.private_hash(name_space, collection, hash_of(key)));
  return {};
}

Result<void> Simulator::erase_private(const std::string& name_space, const std::string& collection,
                                      const std::string& key) {
  return put_private(name_space, collection, key, "");
}

Result<void> Simulator::purge_private(const std::string& name_space, const std::string& collection,
                                      const std::string& key) {
  if (auto put = put_private(name_space, collection, key, ""); !put) return put;
  sets_->by_namespace[name_space].collections[collection].writes[key].purge = true;
  return {};
}

Result<void> Simulator::put_private_metadata(const std::string& name_space,
                                             const std::string& collection, const std::string& key,
                                             const Metadata& metadata) {
  if (const auto known = held(name_space, collection); !known) return tl::unexpected(known.error());
  if (auto may = may_write(); !may) return may;
  sets_->by_namespace[name_space].collections[collection].metadata[key] = metadata;
  note_write(name_space, collection, state_.private_hash(name_space, collection, hash_of(key)));
  return {};
}

Result<Scan*> Simulator::private_range(const std::string& name_space, const std::string& collection,
                                       std::string from, std::string to) {
  if (wrote_)
    return fail(
        fmt::format("txid [{}]: unsuppored transaction. Queries on pvt data is supported "
                    "only in a read-only transaction",
                    transaction_id_));
  queried_private_ = true;
  const auto is_held = held(name_space, collection);
  if (!is_held) return tl::unexpected(is_held.error());
  scans_.push_back(std::make_unique<PrivateScan>(
      PortionReader(std::move(from), [this, name_space, collection, to = std::move(to),
                                      holds = *is_held](const std::string& start) {
        return holds && (to.empty() || start < to)
                   ? state_.private_range(name_space, collection, start, to, kReadAhead)
                   : std::vector<ledger::KeyValue>{};
      })));
  return scans_.back().get();
}

Simulator::Results Simulator::results() {
  for (RangeScan* scan : ranges_) {
    auto info = scan->take();
    auto& known = sets_->by_namespace[scan->name_space()].ranges;
    const bool again = std::any_of(known.begin(), known.end(),
                                   [&](const auto& other) { return same_range(other, info); });
    if (!again) known.push_back(std::move(info));
  }
  ranges_.clear();
  Results out;
  out.wrote = wrote_;
  out.private_reads.assign(sets_->private_reads.begin(), sets_->private_reads.end());
  for (const auto& [name_space, sets] : sets_->by_namespace) out.name_spaces.push_back(name_space);
  out.written = std::move(written_);
  SetBytes bytes = serialize(sets_->by_namespace);
  out.public_set = std::move(bytes.public_set);
  out.private_set = std::move(bytes.private_set);
  return out;
}

}  // namespace belfry::devnet

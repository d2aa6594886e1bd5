#include "devnet/query_reads.h"

#include "base/hash.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb.h"

namespace belfry::devnet {
namespace {

std::string combine(const std::vector<std::string>& hashes) {
  Sha256 sha;
  for (const auto& hash : hashes) sha.add(hash);
  return std::string(view(sha.finish()));
}

}  // namespace

QueryReads::QueryReads() : pending_(std::make_unique<::kvrwset::QueryReads>()) {}
QueryReads::~QueryReads() = default;
QueryReads::QueryReads(QueryReads&&) noexcept = default;

void QueryReads::add(::kvrwset::KVRead read) {
  *pending_->add_kv_reads() = std::move(read);
  if (static_cast<uint32_t>(pending_->kv_reads_size()) > kMaxDegree) fold_pending();
}

void QueryReads::fold_pending() {
  add_leaf(std::string(view(sha256(pending_->SerializeAsString()))));
  pending_->Clear();
}

void QueryReads::add_leaf(std::string hash) {
  uint32_t level = 1;
  levels_[level].push_back(std::move(hash));
  while (levels_[level].size() > kMaxDegree) {
    std::string folded = combine(levels_[level]);
    levels_.erase(level);
    levels_[++level].push_back(std::move(folded));
    top_ = std::max(top_, level);
  }
}

void QueryReads::finish_tree() {
  for (uint32_t level = 1; level < top_; ++level) {
    auto& hashes = levels_[level];
    if (hashes.empty()) continue;
    std::string up = hashes.size() == 1 ? hashes.front() : combine(hashes);
    levels_.erase(level);
    levels_[level + 1].push_back(std::move(up));
  }
  if (levels_[top_].size() > kMaxDegree) {
    std::string folded = combine(levels_[top_]);
    levels_.erase(top_);
    levels_[++top_].push_back(std::move(folded));
  }
}

void QueryReads::take(::kvrwset::RangeQueryInfo& into) {
  const bool folded = top_ > 1 || !levels_[top_].empty();
  if (!folded) {
    if (pending_->kv_reads_size() > 0) into.set_allocated_raw_reads(pending_.release());
    return;
  }
  if (pending_->kv_reads_size() > 0) fold_pending();
  finish_tree();
  auto& summary = *into.mutable_reads_merkle_hashes();
  summary.set_max_degree(kMaxDegree);
  summary.set_max_level(top_);
  for (auto& hash : levels_[top_]) summary.add_max_level_hashes(std::move(hash));
}

}  // namespace belfry::devnet

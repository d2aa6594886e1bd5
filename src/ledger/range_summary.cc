#include "ledger/range_summary.h"

#include "base/hash.h"
#include "ledger/encode.h"

namespace belfry::ledger {
namespace {

std::string combined(const std::vector<std::string>& hashes) {
  Sha256 hash;
  for (const std::string& each : hashes) hash.add(each);
  return std::string(view(hash.finish()));
}

}  // namespace

std::string encode_read(std::string_view key, const Version& version) {
  std::string inner;
  if (version.block != 0) append_field(inner, 1, version.block);
  if (version.transaction != 0) append_field(inner, 2, version.transaction);
  std::string read;
  if (!key.empty()) append_field(read, 1, key);
  append_field(read, 2, std::string_view(inner));
  return read;
}

const std::vector<std::string>& RangeSummary::max_level_hashes() const {
  static const std::vector<std::string> none;
  auto found = levels_.find(max_level_);
  return found != levels_.end() ? found->second : none;
}

void RangeSummary::add(std::string_view key, const Version& version) {
  pending_.push_back(encode_read(key, version));
  if (pending_.size() > max_degree_) hash_pending();
}

void RangeSummary::hash_pending() {
  std::string reads;
  for (const std::string& read : pending_) append_field(reads, 1, std::string_view(read));
  pending_.clear();
  levels_[1].emplace_back(view(sha256(reads)));
  rise(1);
}

// A level with more than max_degree hashes becomes one hash of the level above.
void RangeSummary::rise(uint32_t level) {
  while (levels_[level].size() > max_degree_) {
    std::string above = combined(levels_[level]);
    levels_.erase(level);
    levels_[++level].push_back(std::move(above));
    max_level_ = std::max(max_level_, level);
  }
}

void RangeSummary::finish() {
  if (levels_.empty()) return;
  if (!pending_.empty()) hash_pending();
  for (uint32_t level = 1; level < max_level_; ++level) {
    auto found = levels_.find(level);
    if (found == levels_.end() || found->second.empty()) continue;
    std::string above = found->second.size() == 1 ? found->second.front() : combined(found->second);
    levels_.erase(found);
    levels_[level + 1].push_back(std::move(above));
  }
  auto& top = levels_[max_level_];
  if (top.size() <= max_degree_) return;
  std::string above = combined(top);
  levels_.erase(max_level_);
  levels_[++max_level_] = {std::move(above)};
}

}  // namespace belfry::ledger

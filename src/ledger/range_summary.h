// What a range query leaves in the read-write set so that phantoms are found: its reads, or, when
// they are many, a tree of hashes over them of which only the top level is kept.
//
// The simulator makes one as a chaincode reads; the validator makes it again from the state and
// compares. Level 1 hashes serialized kvrwset.QueryReads of max_degree + 1 reads each, every level
// above the hashes below it (Fabric's rwsetutil).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/reader.h"

namespace belfry::ledger {

class RangeSummary {
 public:
  static constexpr uint32_t kMaxDegree = 50;  // what Fabric's simulators use

  explicit RangeSummary(uint32_t max_degree = kMaxDegree) : max_degree_(max_degree) {}

  void add(std::string_view key, const Version& version);
  // After the last one.
  void finish();

  // So few that nothing was hashed: the reads themselves tell, as serialized kvrwset.KVRead.
  bool hashed() const { return !levels_.empty(); }
  const std::vector<std::string>& reads() const { return pending_; }
  uint32_t max_degree() const { return max_degree_; }
  uint32_t max_level() const { return max_level_; }
  const std::vector<std::string>& max_level_hashes() const;

 private:
  void hash_pending();
  void rise(uint32_t level);

  const uint32_t max_degree_;
  uint32_t max_level_ = 1;
  std::vector<std::string> pending_;
  std::map<uint32_t, std::vector<std::string>> levels_;
};

// A serialized kvrwset.KVRead.
std::string encode_read(std::string_view key, const Version& version);

}  // namespace belfry::ledger

// What a transaction that read a range must remember of it, so that validation can tell whether the
// range would read differently now (a phantom): the reads themselves while they are few, beyond
// that a Merkle tree's top level.
//
//   simulator ──add()──▶ QueryReads ──take()──▶ RangeQueryInfo of the read-write set
//
// The tree is Fabric's (rwsetutil's RangeQueryResultsHelper): a leaf is sha256 over a serialized
// kvrwset.QueryReads of up to 51 reads, an inner node sha256 over its children's hashes one after
// another, and a level that grows beyond the degree is folded into the next.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kvrwset {
class KVRead;
class QueryReads;
class RangeQueryInfo;
}  // namespace kvrwset

namespace belfry::devnet {

class QueryReads {
 public:
  static constexpr uint32_t kMaxDegree = 50;

  QueryReads();
  ~QueryReads();
  QueryReads(QueryReads&&) noexcept;

  void add(::kvrwset::KVRead read);
  // Sets the reads or their summary, whichever there is; neither for a range without results. Ends
  // the object's use.
  void take(::kvrwset::RangeQueryInfo& into);

 private:
  void fold_pending();
  void add_leaf(std::string hash);
  void finish_tree();

  std::unique_ptr<::kvrwset::QueryReads> pending_;
  std::map<uint32_t, std::vector<std::string>> levels_;
  uint32_t top_ = 1;
};

}  // namespace belfry::devnet

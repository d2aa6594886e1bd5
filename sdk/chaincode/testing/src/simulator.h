// A peer's simulator over the state of a test ledger: answers reads, and notes what was read and
// written. Its refusals are in the words of a real peer on LevelDB.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "belfry/chaincode/contract.h"
#include "state.h"

namespace belfry::chaincode::testing {

// What the simulators of a ledger share.
struct Channel {
  std::string name;
  std::map<std::string, Chaincode> chaincodes;
  std::map<std::string, std::vector<std::string>>
      collections;  // of the chaincode under test: members
  State state;
};

// A range that was read, and what it held.
struct RangeRead {
  std::string space;
  RangeRequest request;
  std::vector<std::pair<std::string, std::uint64_t>> found;
  bool whole = true;  // read to its end
};

struct ReadWriteSet {
  std::map<Where, Version> reads;
  std::vector<RangeRead> ranges;
  std::vector<std::pair<std::string, Write>> writes;  // namespace, in order
};

class Simulator final : public Peer {
 public:
  // All outlive it. A called chaincode's simulator adds to the same set.
  Simulator(const Channel& channel, std::string space, const Call& call, ReadWriteSet& set)
      : channel_(channel), space_(std::move(space)), call_(call), set_(set), calling_{space_} {}

  Result<std::string> get(const std::string& collection, const std::string& key) override;
  Result<std::vector<std::string>> get_all(const std::string& collection,
                                           const std::vector<std::string>& keys) override;
  Result<std::string> hash(const std::string& collection, const std::string& key) override;
  Result<std::string> endorsement(const std::string& collection, const std::string& key) override;
  Result<> write(Write write) override;
  Result<Batch<Entry>> range(const RangeRequest& request) override;
  Result<Batch<Entry>> query(const std::string& collection, const std::string& query, int page,
                             const std::string& bookmark) override;
  Result<Batch<Change>> history(const std::string& key) override;
  Result<Batch<Entry>> next_entries(const std::string& id) override;
  Result<Batch<Change>> next_changes(const std::string& id) override;
  void close(const std::string& id) override;
  Result<Response> invoke(const std::string& chaincode,
                          const std::vector<std::string>& arguments) override;

 private:
  Result<> check_collection(const std::string& collection, bool reads) const;
  Error refused(const char* request, const std::string& words) const;

  const Channel& channel_;
  const std::string space_;
  const Call& call_;
  ReadWriteSet& set_;
  std::set<std::string> calling_;  // this chaincode and those that called it
  bool paged_ = false;
  bool queried_private_ = false;
  std::map<std::string, std::vector<Entry>> entries_;  // what is left of open ranges
  std::map<std::string, std::vector<Change>> changes_;
  int next_id_ = 0;
};

}  // namespace belfry::chaincode::testing

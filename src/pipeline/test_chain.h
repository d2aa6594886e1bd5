// Channels for tests: blocks as a peer sends them, with the events a test names.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace belfry::pipeline {

struct TestPrivateWrite {
  std::string collection, key, value;
};

struct TestEvent {
  std::string name;
  std::string payload;
  std::string chaincode = "ngo";
  uint8_t code = 0;                                   // validation code of its transaction
  std::vector<TestPrivateWrite> private_writes = {};  // in the order of collections
};

// A chain of blocks that follow from one another; each event is a transaction of its own.
class TestChain {
 public:
  // Chains of different seeds differ from block 0 on.
  explicit TestChain(std::string seed = "one");

  std::string& add(const std::vector<TestEvent>& events = {});  // a block; its bytes
  // A block in another's place from here on: the same number, other contents.
  void fork_at(uint64_t block);

  const std::vector<std::string>& blocks() const { return blocks_; }
  std::string genesis() const;                                 // hex
  std::string id(uint64_t block, uint32_t transaction) const;  // of a chaincode event

 private:
  std::string seed_;
  std::vector<std::string> blocks_;
  std::vector<std::string> hashes_;
};

// The serialized rwset.TxPvtReadWriteSet of these writes of a chaincode, or of those of one
// collection.
std::string private_set(const TestEvent& event, const std::string& collection = "");

// blocks of one event each, "E" with payload {"n":BLOCK}; block 0 has none.
TestChain numbered_chain(uint64_t height, const std::string& seed = "one");

}  // namespace belfry::pipeline

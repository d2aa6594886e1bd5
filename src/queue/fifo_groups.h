// The order within message groups of a FIFO queue: which group may be received from next. A group
// with a message in flight waits until that message is gone or back; messages come back into their
// old place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "queue/entry.h"

namespace belfry::queue {

class Pages;

// Not thread-safe. Group numbers are reused once a group is empty.
class FifoGroups {
 public:
  explicit FifoGroups(Pages& pages) : pages_(pages) {}

  uint32_t number(
      std::string_view name);  // makes the group; keeps it while it has messages or promises
  const std::string& name(uint32_t group) const { return groups_[group].name; }
  void promise(uint32_t group) { ++groups_[group].promised; }  // an add will follow

  void add(const Entry& entry, bool promised);  // a sequence it does not have
  void blocked(uint32_t group);                 // one more message in flight or leaving
  void unblocked(uint32_t group);               // one less
  void changed(uint32_t group);                 // its first message became ready or went

  std::optional<uint32_t> first_ready() const;  // the group whose first message is the oldest
  // The messages of the group that could be received one after another, from its first, at most
  // max.
  std::vector<uint64_t> ready_messages(uint32_t group, size_t max);
  void clear();  // of messages; promises stay

 private:
  struct Group {
    std::string name;
    std::vector<uint64_t> sequences;  // from head on; those gone are passed over
    size_t head = 0;
    uint32_t in_flight = 0, promised = 0;
    std::optional<uint64_t> listed;  // its key in ready_
    bool used = false;
  };
  const Entry* first(Group& group);
  void forget(uint32_t number);  // its number is free

  Pages& pages_;
  std::vector<Group> groups_;
  std::vector<uint32_t> free_;
  std::unordered_map<std::string, uint32_t> by_name_;
  std::map<uint64_t, uint32_t> ready_;
};

}  // namespace belfry::queue

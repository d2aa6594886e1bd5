// The order within message groups of a FIFO queue, and among them: which group may be received from
// next. A group whose first message is in flight, leaving or delayed waits until that is gone or
// back; messages come back into their old place. Groups take turns: one that becomes receivable
// stands behind those that are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/entry.h"
#include "queue/named_slots.h"

namespace belfry::queue {

class Pages;

// Not thread-safe. Group numbers are reused once a group is empty.
class FifoGroups {
 public:
  explicit FifoGroups(Pages& pages) : pages_(pages) {}

  // Makes the group; it stays while it has messages or promises.
  uint32_t number(std::string_view name) { return groups_.number(name); }
  const std::string& name(uint32_t group) const { return groups_.name(group); }
  void promise(uint32_t group) { ++groups_[group].promised; }  // an add will follow

  void add(const Entry& entry, bool promised);  // a sequence it does not have
  void changed(uint32_t group);                 // a message of it has another state, or went

  std::optional<uint32_t> first_ready() const;  // the group whose turn it is
  // The messages of the group that could be received one after another, from its first, at most
  // max.
  std::vector<uint64_t> ready_messages(uint32_t group, size_t max);
  void clear();  // of messages; promises stay

 private:
  struct Group {
    std::vector<uint64_t> sequences;  // from head on; those gone are passed over
    size_t head = 0;
    uint32_t promised = 0;
    std::optional<uint64_t> turn;  // its key in ready_
  };
  const Entry* first(Group& group);

  Pages& pages_;
  NamedSlots<Group> groups_;
  std::map<uint64_t, uint32_t> ready_;  // by turn
  uint64_t next_turn_ = 0;
};

}  // namespace belfry::queue

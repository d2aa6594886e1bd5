// The order within message groups of a FIFO queue: which group may be received from next. A group
// with a message in flight waits until that message is gone or back; messages come back into their
// old place.
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
    std::vector<uint64_t> sequences;  // from head on; those gone are passed over
    size_t head = 0;
    uint32_t in_flight = 0, promised = 0;
    std::optional<uint64_t> listed;  // its key in ready_
  };
  const Entry* first(Group& group);

  Pages& pages_;
  NamedSlots<Group> groups_;
  std::map<uint64_t, uint32_t> ready_;
};

}  // namespace belfry::queue

// The order among message groups of a standard queue, where a group is a tenant: whoever has much
// in flight yields to those who have little, so that one tenant's backlog does not make the others
// wait. Nobody is held back: when nothing else is there, a noisy group gets all.
//
// Groups stand in levels by what they have in flight: fewer than eight messages, fewer than
// sixteen, thirty-two and so on. A lower level comes first; within one the oldest message does.
// Messages without a group are of the lowest level.
//
// A queue has this only once a message with a group has come. Costs eight bytes a message.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "queue/entry.h"
#include "queue/named_slots.h"

namespace belfry::queue {

class Pages;

// Not thread-safe. Group numbers are reused once a group is empty; 0 is that of no group.
class FairGroups {
 public:
  explicit FairGroups(Pages& pages) : pages_(pages) { groups_.number(""); }

  uint32_t number(std::string_view name) { return groups_.number(name); }  // makes the group
  const std::string& name(uint32_t group) const { return groups_.name(group); }
  void promise(uint32_t group);  // an add will follow: the group stays until then

  void add(const Entry& entry, bool promised);
  // A message went from one state to another; to gone: it is no more.
  void changed(const Entry& entry, EntryState before, EntryState after);

  // The message to be received next, whose state the caller changes at once; null: none is ready.
  Entry* next();
  void clear();  // of messages; promises stay
  bool empty() const { return messages_ == 0 && promises_ == 0; }

 private:
  struct Group {
    std::vector<uint64_t>
        ready;  // a heap, the least first; those not ready any more are passed over
    uint32_t messages = 0, in_flight = 0, promised = 0;
    std::optional<std::pair<uint32_t, uint64_t>> listed;  // level and sequence: its key in order_
  };
  void list(uint32_t number);
  void forget_if_empty(uint32_t number);

  Pages& pages_;
  NamedSlots<Group> groups_;
  std::set<std::tuple<uint32_t, uint64_t, uint32_t>> order_;  // level, first sequence, group
  size_t messages_ = 0, promises_ = 0;
};

}  // namespace belfry::queue

// The actions on queues themselves: making, finding, listing, changing, emptying and deleting them,
// their tags and their policy.
//
// A change is on the disk when the action answers. Changes wait for the disk on the caller's
// thread, one after another: they are rare. Thread-safe; not to be called from the store's
// callbacks.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "aws/service.h"
#include "aws/sqs_attributes.h"
#include "aws/sqs_lookup.h"
#include "base/clock.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

class QueueActions {
 public:
  using Input = boost::json::object;

  // `fixed`: queues that the configuration names; they cannot be deleted here, since what the
  // configuration connects to them would then lose its messages.
  QueueActions(queue::Store& store, Clock& clock, std::set<std::string> fixed)
      : store_(store), clock_(clock), fixed_(std::move(fixed)) {}

  Answer create(const Input& input, const Caller& caller);
  Answer remove(const Input& input, const Caller& caller);
  Answer purge(const Input& input, const Caller& caller);
  Answer url(const Input& input, const Caller& caller);
  Answer list(const Input& input, const Caller& caller);
  Answer list_dead_letter_sources(const Input& input, const Caller& caller);
  Answer attributes(const Input& input, const Caller& caller);
  Answer set_attributes(const Input& input, const Caller& caller);
  Answer tags(const Input& input, const Caller& caller);
  Answer tag(const Input& input, const Caller& caller);
  Answer untag(const Input& input, const Caller& caller);
  Answer add_permission(const Input& input, const Caller& caller);
  Answer remove_permission(const Input& input, const Caller& caller);

 private:
  // Reads, changes and writes the queue's record under the lock.
  template <class Change>
  Answer change_record(const Input& input, const Caller& caller, Change change);
  // Writes record and settings; they become durable together or the record alone.
  Outcome<void> write(const QueueState& queue);
  int64_t now_seconds() const;
  // Whether `name` was noted in `when` within the last minute; forgets older notes.
  bool lately(std::map<std::string, WallTime>& when, const std::string& name) const;

  queue::Store& store_;
  Clock& clock_;
  const std::set<std::string> fixed_;
  std::mutex mutex_;  // one change after another
  std::map<std::string, WallTime> deleted_, purged_;
};

}  // namespace belfry::aws::sqs

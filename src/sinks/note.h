// Entries of the two queues in which belfry notes what left it, one JSON object each: the outbox
// (outbox.h) and the log of what providers took (sent_log.h). Followers read them with Store::peek
// and Store::when_above.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "queue/store.h"

namespace belfry::sinks {

// How many entries stay, and how long.
struct NoteRetention {
  Duration age = std::chrono::hours(24 * 30);
  uint64_t count = 1'000'000;
};

// An object with its fields in the order they were added; empty texts are left out.
class NoteWriter {
 public:
  NoteWriter& add(std::string_view name, std::string_view text);
  NoteWriter& add(std::string_view name, uint64_t number);
  NoteWriter& add(std::string_view name, const std::vector<std::string>& texts);
  std::string finish();

 private:
  void name(std::string_view name);
  std::string out_ = "{";
};

// A queue of notes that keeps itself within its retention: age by the queue's own, the count by
// removing the oldest. Thread-safe. The store must outlive it.
class NoteQueue {
 public:
  static Result<NoteQueue> open(queue::Store& store, const std::string& name,
                                const NoteRetention& retention);
  // Adds the entry to the batch, and now and then what is in excess is taken away.
  void add(queue::Batch& batch, std::string entry);
  queue::Store& store() const { return *store_; }
  queue::QueueId id() const { return id_; }

 private:
  NoteQueue(queue::Store& store, queue::QueueId id, uint64_t count);
  void trim();

  queue::Store* store_;
  queue::QueueId id_;
  uint64_t count_;
  struct Trimming;
  std::shared_ptr<Trimming> trimming_;
};

// From the message that caused it: topic, message_id, event_id, as far as they are known.
void add_origin(NoteWriter& note, const queue::Received& message);

// Whom a message is for: the one that it names itself (topic/direct.h), or its subscription's.
std::string recipient_of(const queue::Message& message, const std::string& endpoint);

}  // namespace belfry::sinks

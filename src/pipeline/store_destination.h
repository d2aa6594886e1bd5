// The embedded destinations: a queue or a topic in the store. A unit's messages and the listener's
// place are one batch, so a crash at any moment neither loses nor repeats an event.
#pragma once

#include <memory>
#include <string>

#include "pipeline/destination.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::pipeline {

// The queue where what no one can handle ends when no dead-letter queue was named; kept until a
// person acts.
inline constexpr std::string_view kDeadQueue = ".dead";
Result<queue::QueueId> open_dead_queue(queue::Store& store);

// key: checkpoint_key(). The queue and the topic must exist; the store must outlive the
// destination.
Result<std::unique_ptr<Destination>> queue_destination(queue::Store& store, std::string key,
                                                       std::string_view queue);
Result<std::unique_ptr<Destination>> topic_destination(queue::Store& store, topic::Topics& topics,
                                                       std::string key, std::string topic);

// Forgets a listener's place: its next start is a first one. (For an operator; not while a follower
// runs.)
Result<void> reset_place(queue::Store& store, const std::string& key);
Result<std::optional<Checkpoint>> load_place(queue::Store& store, const std::string& key);

}  // namespace belfry::pipeline

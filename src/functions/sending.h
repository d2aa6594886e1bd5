// Where what a function makes is sent: topics and queues, in the batch that removes the message it
// was made of.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "queue/message.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::functions {

struct ToTopic {
  std::string name;
};
struct ToQueue {
  queue::QueueId id = 0;
};

class Sending {
 public:
  // topics must outlive it.
  Sending(std::vector<std::variant<ToTopic, ToQueue>> to, topic::Topics& topics)
      : to_(std::move(to)), topics_(topics) {}

  // The cause's attributes travel with the text, so that subscriptions filter on them, and so do
  // its group and its ledger event. Thread-safe.
  void send(const std::string& text, const std::string& subject, const queue::Message& cause,
            queue::Batch& batch) const;
  bool nowhere() const { return to_.empty(); }

 private:
  const std::vector<std::variant<ToTopic, ToQueue>> to_;
  topic::Topics& topics_;
};

}  // namespace belfry::functions

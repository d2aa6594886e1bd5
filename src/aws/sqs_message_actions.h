// The actions on messages: send, receive, delete, change of visibility, each alone and in batches.
//
// They answer from the store's callbacks: when what was asked is on the disk, when a message came,
// when the wait is over. Thread-safe; the store must outlive it.
#pragma once

#include "aws/service.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

class MessageActions {
 public:
  using Input = boost::json::object;
  using Done = Callback<Answer>;

  explicit MessageActions(queue::Store& store) : store_(store) {}

  void send(const Input& input, const Caller& caller, Done done);
  void send_batch(const Input& input, const Caller& caller, Done done);
  void receive(const Input& input, const Caller& caller, Done done);
  void remove(const Input& input, const Caller& caller, Done done);
  void remove_batch(const Input& input, const Caller& caller, Done done);
  void change_visibility(const Input& input, const Caller& caller, Done done);
  void change_visibility_batch(const Input& input, const Caller& caller, Done done);

 private:
  queue::Store& store_;
};

}  // namespace belfry::aws::sqs

// Messages as SendMessage takes them and ReceiveMessage gives them, between AWS's JSON and the
// store's form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/sqs_faults.h"
#include "queue/message.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

// A message to send, of a SendMessage input or of an entry of SendMessageBatch, checked against the
// queue's kind. Its size is not checked yet: see message_size().
Outcome<queue::Message> read_message(const boost::json::object& input,
                                     const queue::QueueSettings& settings, const Caller& caller);

// Bytes that count against the limits: the body; names, types and values of attributes.
size_t message_size(const queue::Message& message);
// The refusal of a message over the queue's MaximumMessageSize: a message alone "are invalid", one
// of a batch "cannot be validated".
Fault too_large(std::string_view verdict, const queue::QueueSettings& settings);

// What a sender is told, for its message as it was sent: sums, id and, on FIFO queues, number.
struct SentSums {
  std::string body, attributes, system;  // the latter empty when there were none
};
SentSums sums_of(const queue::Message& message);
void append_sent(boost::json::object& out, const SentSums& sums, const queue::Committed::Sent& sent,
                 bool fifo);

// Keeps the trace that the request itself belongs to, unless the message names one. After
// sums_of(): the sender did not send it as an attribute.
void adopt_trace(queue::Message& message, const Caller& caller);

// Which attributes a receiver wants to see.
class Wanted {
 public:
  static Outcome<Wanted> read(const boost::json::object& input);
  bool attribute(std::string_view name) const;
  bool system(std::string_view name) const;
  bool any_system() const { return all_system_ || !system_.empty(); }

 private:
  bool all_ = false, all_system_ = false;
  std::vector<std::string> names_, prefixes_, system_;
};

boost::json::object message_json(queue::Received received, const Wanted& wanted, bool fifo,
                                 const Caller& caller);

}  // namespace belfry::aws::sqs

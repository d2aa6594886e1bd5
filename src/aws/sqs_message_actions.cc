#include "aws/sqs_message_actions.h"

#include <fmt/format.h>

#include "aws/sqs_json.h"
#include "aws/sqs_lookup.h"
#include "aws/sqs_message.h"
#include "aws/sqs_receipts.h"

namespace belfry::aws::sqs {
namespace {

constexpr int64_t kMostReceived = 10;
constexpr int64_t kLongestWait = 20;
constexpr int64_t kLongestVisibility = 43'200;
constexpr size_t kLongestAttemptId = 128;

struct ReceiveOrder {
  size_t max = 1;
  Duration visibility{-1};
  Duration wait{0};
};

Outcome<ReceiveOrder> read_order(const boost::json::object& input, const FoundQueue& queue) {
  ReceiveOrder order;
  order.wait = queue.settings.receive_wait;
  const auto out_of_bounds = [](int64_t value, std::string_view name, std::string_view reason) {
    return refuse(invalid_value(std::to_string(value), name, reason));
  };
  if (const auto max = number_of(input, "MaxNumberOfMessages")) {
    if (*max < 1 || *max > kMostReceived)
      return out_of_bounds(*max, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
    order.max = static_cast<size_t>(*max);
  }
  if (const auto wait = number_of(input, "WaitTimeSeconds")) {
    if (*wait < 0 || *wait > kLongestWait)
      return out_of_bounds(*wait, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
    order.wait = std::chrono::seconds(*wait);
  }
  if (const auto visibility = number_of(input, "VisibilityTimeout")) {
    if (*visibility < 0 || *visibility > kLongestVisibility)
      return out_of_bounds(*visibility, "VisibilityTimeout",
                           "Must be >= 0 and <= 43200, if provided.");
    order.visibility = std::chrono::seconds(*visibility);
  }
  if (const auto attempt = text_of(input, "ReceiveRequestAttemptId"); !attempt.empty()) {
    if (!queue.settings.fifo)
      return refuse(
          invalid_value(attempt, "ReceiveRequestAttemptId",
                        "The request includes a parameter that is not valid for this queue type."));
    if (attempt.size() > kLongestAttemptId)
      return refuse(invalid_value(attempt, "ReceiveRequestAttemptId",
                                  "ReceiveRequestAttemptId can only include alphanumeric and "
                                  "punctuation characters. 1 to 128 in length."));
  }
  return order;
}

bool is_gone(const Caller& caller) {
  return caller.disconnected && *caller.disconnected;
}

// The client left while its messages were being leased: somebody else may have them at once.
void give_back(queue::Store& store, queue::QueueId queue,
               const std::vector<queue::Received>& received) {
  queue::Batch batch;
  for (const auto& one : received) batch.change_visibility(queue, one.receipt, Duration(0));
  store.commit(std::move(batch), [](queue::Committed) {});
}

}  // namespace

void MessageActions::send(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  auto message = read_message(input, queue->settings, caller);
  if (!message) return done(message.error());
  if (message_size(*message) > queue->settings.maximum_message_size)
    return done(too_large("are invalid", queue->settings));
  auto sums = sums_of(*message);
  adopt_trace(*message, caller);
  queue::Batch batch;
  batch.send(queue->id, std::move(*message));
  store_.commit(std::move(batch),
                [done = std::move(done), sums = std::move(sums),
                 fifo = queue->settings.fifo](queue::Committed committed) mutable {
                  if (committed.status != queue::CommitStatus::durable)
                    return done(unavailable(committed.reason));
                  if (committed.sent.at(0).no_queue) return done(queue_does_not_exist());
                  boost::json::object out;
                  out.reserve(4);
                  append_sent(out, sums, committed.sent[0], fifo);
                  done(std::move(out));
                });
}

void MessageActions::receive(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  const auto order = read_order(input, *queue);
  if (!order) return done(order.error());
  auto wanted = Wanted::read(input);
  if (!wanted) return done(wanted.error());
  auto answer = [&store = store_, done = std::move(done), wanted = std::move(*wanted), caller,
                 id = queue->id, waits = order->wait > Duration(0),
                 fifo = queue->settings.fifo](std::vector<queue::Received> received) mutable {
    if (received.empty() && !waits &&
        store.counts(id).in_flight >= queue::Store::Options{}.in_flight_limit)
      return done(over_limit("Too many messages in flight: delete some of them first."));
    if (!received.empty() && is_gone(caller)) {
      give_back(store, id, received);
      received.clear();
    }
    boost::json::object out;
    if (!received.empty()) {
      boost::json::array messages;
      messages.reserve(received.size());
      for (auto& one : received)
        messages.push_back(message_json(std::move(one), wanted, fifo, caller));
      out["Messages"] = std::move(messages);
    }
    done(std::move(out));
  };
  store_.receive(queue->id, order->max, order->visibility, order->wait, std::move(answer),
                 caller.disconnected);
}

void MessageActions::remove(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  std::string handle(text_of(input, "ReceiptHandle"));
  if (handle.empty()) return done(missing("ReceiptHandle"));
  queue::Batch batch;
  batch.remove(queue->id, handle);
  store_.commit(std::move(batch), [done = std::move(done),
                                   handle = std::move(handle)](queue::Committed committed) mutable {
    if (committed.status != queue::CommitStatus::durable)
      return done(unavailable(committed.reason));
    if (auto fault = removal_fault(committed.receipts.at(0), handle)) return done(*fault);
    done(boost::json::object());
  });
}

void MessageActions::change_visibility(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  auto change = read_visibility_change(input);
  if (!change) return done(change.error());
  queue::Batch batch;
  batch.change_visibility(queue->id, change->handle, std::chrono::seconds(change->seconds));
  store_.commit(std::move(batch), [done = std::move(done), change = std::move(*change)](
                                      queue::Committed committed) mutable {
    if (committed.status != queue::CommitStatus::durable)
      return done(unavailable(committed.reason));
    if (auto fault = visibility_fault(committed.receipts.at(0), change)) return done(*fault);
    done(boost::json::object());
  });
}

}  // namespace belfry::aws::sqs

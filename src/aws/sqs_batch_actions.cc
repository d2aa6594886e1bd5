// The batches: up to ten entries, each with an Id. What is wrong with one entry fails that entry
// alone; what is wrong with the batch fails it whole.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/sqs_json.h"
#include "aws/sqs_lookup.h"
#include "aws/sqs_message.h"
#include "aws/sqs_message_actions.h"
#include "aws/sqs_receipts.h"

namespace belfry::aws::sqs {
namespace {

constexpr size_t kMostEntries = 10;
constexpr size_t kLongestId = 80;
constexpr size_t kLargestBatch = 1'048'576;  // bytes

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

Fault batch_fault(const char* code, std::string message) {
  return {code, fmt::format("AWS.SimpleQueueService.{}", code), std::move(message)};
}

Outcome<const boost::json::array*> read_entries(const boost::json::object& input,
                                                std::string_view kind) {
  const auto& entries = array_of(input, "Entries");
  if (entries.empty())
    return refuse(batch_fault(
        "EmptyBatchRequest", fmt::format("There should be at least one {} in the request.", kind)));
  if (entries.size() > kMostEntries)
    return refuse(
        batch_fault("TooManyEntriesInBatchRequest",
                    fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                                kMostEntries, entries.size())));
  std::set<std::string_view> ids;
  for (const auto& entry : entries) {
    const auto id = text_of(entry.get_object(), "Id");
    if (!is_id(id))
      return refuse(batch_fault(
          "InvalidBatchEntryId",
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It "
          "can be at most 80 letters long."));
    if (!ids.insert(id).second)
      return refuse(batch_fault("BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", id)));
  }
  return &entries;
}

// The answer, as it grows.
struct Results {
  boost::json::array successful, failed;

  void fail(std::string_view id, const Fault& fault) {
    failed.push_back(
        boost::json::object{{"Id", id},
                            {"SenderFault", fault.sender},
                            {"Code", fault.query_code.empty() ? fault.code : fault.query_code},
                            {"Message", fault.message}});
  }
  boost::json::object take() {
    boost::json::object out;
    if (!successful.empty()) out["Successful"] = std::move(successful);
    if (!failed.empty()) out["Failed"] = std::move(failed);
    return out;
  }
};

struct SentEntry {
  std::string id;
  SentSums sums;
};

// What a FIFO queue needs is asked of all entries before any is looked at closer.
Outcome<void> check_fifo(const boost::json::array& entries, const queue::QueueSettings& settings) {
  if (!settings.fifo) return {};
  for (const auto& entry : entries)
    if (!entry.get_object().contains("MessageGroupId"))
      return refuse(invalid(missing("MessageGroupId").message));  // of a batch, with this code
  for (const auto& entry : entries)
    if (!settings.content_deduplication && !entry.get_object().contains("MessageDeduplicationId"))
      return refuse(
          invalid("The queue should either have ContentBasedDeduplication enabled or "
                  "MessageDeduplicationId provided explicitly"));
  return {};
}

}  // namespace

void MessageActions::send_batch(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  const auto entries = read_entries(input, "SendMessageBatchRequestEntry");
  if (!entries) return done(entries.error());
  if (auto good = check_fifo(**entries, queue->settings); !good) return done(good.error());
  Results results;
  std::vector<SentEntry> sent;
  queue::Batch batch;
  size_t total = 0;
  for (const auto& value : **entries) {
    const auto& entry = value.get_object();
    std::string id(text_of(entry, "Id"));
    auto message = read_message(entry, queue->settings, caller);
    if (!message) {
      results.fail(id, message.error());
      continue;
    }
    const size_t size = message_size(*message);
    total += size;
    if (size > queue->settings.maximum_message_size) {
      results.fail(id, too_large("cannot be validated", queue->settings));
      continue;
    }
    sent.push_back({std::move(id), sums_of(*message)});
    adopt_trace(*message, caller);
    batch.send(queue->id, std::move(*message));
  }
  if (total > kLargestBatch)
    return done(batch_fault(
        "BatchRequestTooLong",
        fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                    kLargestBatch, total)));
  if (sent.empty()) return done(results.take());
  store_.commit(std::move(batch),
                [done = std::move(done), results = std::move(results), sent = std::move(sent),
                 fifo = queue->settings.fifo](queue::Committed committed) mutable {
                  if (committed.status != queue::CommitStatus::durable)
                    return done(unavailable(committed.reason));
                  for (size_t i = 0; i < sent.size(); ++i) {
                    if (committed.sent.at(i).no_queue) return done(queue_does_not_exist());
                    boost::json::object one{{"Id", sent[i].id}};
                    append_sent(one, sent[i].sums, committed.sent[i], fifo);
                    results.successful.push_back(std::move(one));
                  }
                  done(results.take());
                });
}

void MessageActions::remove_batch(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  const auto entries = read_entries(input, "DeleteMessageBatchRequestEntry");
  if (!entries) return done(entries.error());
  struct Entry {
    std::string id, handle;
  };
  std::vector<Entry> asked;
  Results results;
  queue::Batch batch;
  for (const auto& value : **entries) {
    const auto& entry = value.get_object();
    Entry one{std::string(text_of(entry, "Id")), std::string(text_of(entry, "ReceiptHandle"))};
    if (one.handle.empty()) {
      results.fail(one.id, missing("ReceiptHandle"));
      continue;
    }
    batch.remove(queue->id, one.handle);
    asked.push_back(std::move(one));
  }
  if (asked.empty()) return done(results.take());
  store_.commit(std::move(batch), [done = std::move(done), results = std::move(results),
                                   asked = std::move(asked)](queue::Committed committed) mutable {
    if (committed.status != queue::CommitStatus::durable)
      return done(unavailable(committed.reason));
    for (size_t i = 0; i < asked.size(); ++i) {
      if (auto fault = removal_fault(committed.receipts.at(i), asked[i].handle))
        results.fail(asked[i].id, *fault);
      else
        results.successful.push_back(boost::json::object{{"Id", asked[i].id}});
    }
    done(results.take());
  });
}

void MessageActions::change_visibility_batch(const Input& input, const Caller& caller, Done done) {
  const auto queue = find_queue(store_, input, caller);
  if (!queue) return done(queue.error());
  const auto entries = read_entries(input, "ChangeMessageVisibilityBatchRequestEntry");
  if (!entries) return done(entries.error());
  struct Entry {
    std::string id;
    VisibilityChange change;
  };
  std::vector<Entry> asked;
  Results results;
  queue::Batch batch;
  for (const auto& value : **entries) {
    const auto& entry = value.get_object();
    std::string id(text_of(entry, "Id"));
    auto change = read_visibility_change(entry);
    if (!change) {
      results.fail(id, change.error());
      continue;
    }
    batch.change_visibility(queue->id, change->handle, std::chrono::seconds(change->seconds));
    asked.push_back({std::move(id), std::move(*change)});
  }
  if (asked.empty()) return done(results.take());
  store_.commit(std::move(batch), [done = std::move(done), results = std::move(results),
                                   asked = std::move(asked)](queue::Committed committed) mutable {
    if (committed.status != queue::CommitStatus::durable)
      return done(unavailable(committed.reason));
    for (size_t i = 0; i < asked.size(); ++i) {
      if (auto fault = visibility_fault(committed.receipts.at(i), asked[i].change))
        results.fail(asked[i].id, *fault);
      else
        results.successful.push_back(boost::json::object{{"Id", asked[i].id}});
    }
    done(results.take());
  });
}

}  // namespace belfry::aws::sqs

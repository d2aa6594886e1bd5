#include "app/queue_actions.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "pipeline/worker.h"

namespace belfry::app {

namespace {

constexpr size_t kBatch = 500;

std::optional<queue::QueueId> came_from(const queue::Store& store, const queue::Received& it) {
  const auto source = it.message.system.find(std::string(pipeline::kDeadLetterSource));
  if (source == it.message.system.end()) return {};
  return store.find_queue(source->second);
}

}  // namespace

Result<Redriven> redrive_messages(queue::Store& store, const std::string& from,
                                  const std::string& to) {
  const auto source = store.find_queue(from);
  if (!source)
    return fail(
        fmt::format("there is no queue '{}'{}", from, suggestion(from, store.queue_names())));
  const auto target = store.find_queue(to);
  if (!to.empty() && !target)
    return fail(fmt::format("there is no queue '{}'{}", to, suggestion(to, store.queue_names())));
  if (target == source) return fail(fmt::format("queue '{}' cannot be redriven into itself", from));

  Redriven result;
  uint64_t after = 0;
  for (auto messages = store.peek(*source, after, kBatch); !messages.empty();
       messages = store.peek(*source, after, kBatch)) {
    after = messages.back().sequence;
    queue::Batch batch;
    for (const queue::Received& it : messages) {
      const auto goes_to = to.empty() ? came_from(store, it) : target;
      if (goes_to && *goes_to != *source)
        batch.redrive(*source, it.sequence, *goes_to);
      else
        ++result.left;
    }
    if (batch.empty()) continue;
    const queue::Committed committed = store.commit(std::move(batch));
    if (committed.status != queue::CommitStatus::durable)
      return fail(fmt::format("{} messages were moved, then: {}", result.moved, committed.reason));
    for (const queue::ReceiptStatus status : committed.receipts)
      ++(status == queue::ReceiptStatus::done ? result.moved : result.left);
  }
  return result;
}

}  // namespace belfry::app

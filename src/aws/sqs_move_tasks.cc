#include "aws/sqs_move_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "aws/sqs_json.h"
#include "aws/sqs_names.h"

namespace belfry::aws::sqs {
namespace {

constexpr int64_t kMostPerSecond = 500;
constexpr Duration kTick = std::chrono::milliseconds(100);
constexpr size_t kRemembered = 10;  // tasks of a source, as many as a listing shows
constexpr std::string_view kDeadLetterSource = "belfry.dead-letter-source";
constexpr char kNoQueue[] = "AWS.SimpleQueueService.NonExistentQueue";
constexpr char kNoSource[] = "CouldNotDetermineMessageSource";

int64_t rate_of(const MoveTask& task) {
  return task.rate > 0 ? task.rate : kMostPerSecond;
}
// A step each tick, or each message's share of a second when that is longer.
Duration pause_of(const MoveTask& task) {
  return std::max<Duration>(kTick, Duration(std::chrono::seconds(1)) / rate_of(task));
}
size_t step_size(const MoveTask& task) {
  return static_cast<size_t>(
      std::max<int64_t>(1, rate_of(task) * pause_of(task) / Duration(std::chrono::seconds(1))));
}

}  // namespace

void MoveTasks::resume() {
  for (auto& task : read_tasks(store_, "")) {
    if (!task.running()) continue;
    const std::string source = task.source, id = task.id;
    {
      std::lock_guard lock(mutex_);
      running_[source] = std::move(task);
    }
    later(source, id);
  }
}

bool MoveTasks::is_dead_letter_queue(std::string_view name) const {
  const auto names = store_.queue_names();
  return std::any_of(names.begin(), names.end(), [&](const auto& other) {
    const auto id = store_.find_queue(other);
    if (!id) return false;
    const auto settings = store_.settings(*id);
    return settings.dead_letter && settings.dead_letter->queue == name;
  });
}

// Ended tasks beyond those that a listing shows.
void MoveTasks::forget_old(const std::string& source) {
  const auto tasks = read_tasks(store_, source);
  queue::Batch batch;
  for (size_t i = 0; i + kRemembered <= tasks.size(); ++i) batch.erase(task_key(tasks[i]));
  if (!batch.empty()) store_.commit(std::move(batch), [](queue::Committed) {});
}

Answer MoveTasks::start(const Input& input, const Caller& caller) {
  const auto source = find_by_arn(store_, input, "SourceArn");
  if (!source) return source.error();
  MoveTask task;
  task.source = source->name;
  if (input.contains("DestinationArn")) {
    const auto destination = find_by_arn(store_, input, "DestinationArn");
    if (!destination) return destination.error();
    if (destination->name == source->name)
      return invalid("Source queue arn and destination queue arn must be different.");
    if (destination->settings.fifo != source->settings.fifo)
      return invalid("Source queue and destination queue must be of the same type.");
    task.destination = destination->name;
  }
  if (const auto rate = number_of(input, "MaxNumberOfMessagesPerSecond")) {
    if (*rate < 1 || *rate > kMostPerSecond)
      return invalid_value(std::to_string(*rate), "MaxNumberOfMessagesPerSecond",
                           "Must be between 1 and 500, if provided.");
    task.rate = *rate;
  }
  if (!is_dead_letter_queue(source->name))
    return invalid("Source queue must be configured as a Dead Letter Queue.");
  std::lock_guard starting(starting_);
  {
    std::lock_guard lock(mutex_);
    if (running_.contains(source->name))
      return invalid(
          "There is already a task running. Only one active task is allowed for a source queue arn "
          "at a given time.");
  }
  task.id = random_.uuid();
  task.started =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch())
          .count();
  task.to_move = static_cast<int64_t>(store_.counts(source->id).visible);
  queue::Batch batch;
  batch.put(task_key(task), encode(task));
  forget_old(task.source);
  const auto committed = store_.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return unavailable(committed.reason);
  {
    std::lock_guard lock(mutex_);
    running_[task.source] = task;
  }
  step(task.source, task.id);
  return boost::json::object{{"TaskHandle", to_text({task.id, arn_of(task.source, caller)})}};
}

void MoveTasks::stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

void MoveTasks::later(const std::string& source, const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto at = running_.find(source);
  if (stopping_ || at == running_.end() || at->second.id != id) return;
  executor_.post_after(pause_of(at->second), [weak = weak_from_this(), source, id] {
    if (const auto self = weak.lock()) self->step(source, id);
  });
}

// Under the lock. The record is written without waiting: should it be lost, the task is found
// running after the crash and comes to the same end.
void MoveTasks::end(MoveTask& task, std::string status, std::string failure) {
  task.status = std::move(status);
  task.failure = std::move(failure);
  queue::Batch batch;
  batch.put(task_key(task), encode(task));
  store_.commit(std::move(batch), [](queue::Committed) {});
  running_.erase(task.source);
}

void MoveTasks::step(const std::string& source, const std::string& id) {
  MoveTask task;
  {
    std::lock_guard lock(mutex_);
    const auto at = running_.find(source);
    if (stopping_ || at == running_.end() || at->second.id != id) return;  // cancelled meanwhile
    task = at->second;
  }
  const auto from = store_.find_queue(source);
  const auto destination =
      task.destination.empty() ? std::nullopt : store_.find_queue(task.destination);
  const auto finish = [&](std::string status, std::string failure) {
    std::lock_guard lock(mutex_);
    const auto at = running_.find(source);
    if (at != running_.end() && at->second.id == id)
      end(at->second, std::move(status), std::move(failure));
  };
  if (!from || (!task.destination.empty() && !destination)) return finish("FAILED", kNoQueue);
  const auto messages = store_.peek(*from, task.cursor, step_size(task));
  if (messages.empty()) return finish("COMPLETED", "");
  queue::Batch batch;
  for (const auto& one : messages) {
    auto to = destination;
    if (task.destination.empty()) {
      const auto origin = one.message.system.find(std::string(kDeadLetterSource));
      if (origin == one.message.system.end()) return finish("FAILED", kNoSource);
      to = store_.find_queue(origin->second);
      if (!to) return finish("FAILED", kNoQueue);
    }
    batch.redrive(*from, one.sequence, *to);
    task.cursor = one.sequence;
  }
  task.moved += static_cast<int64_t>(messages.size());
  batch.put(task_key(task), encode(task));
  store_.commit(std::move(batch), [weak = weak_from_this(), source, id,
                                   cursor = task.cursor](queue::Committed committed) {
    if (const auto self = weak.lock()) self->stepped(source, id, cursor, std::move(committed));
  });
}

void MoveTasks::stepped(const std::string& source, const std::string& id, uint64_t cursor,
                        queue::Committed committed) {
  if (committed.status == queue::CommitStatus::failed) return;  // belfry is about to end
  if (committed.status == queue::CommitStatus::durable) {
    std::lock_guard lock(mutex_);
    const auto at = running_.find(source);
    if (at != running_.end() && at->second.id == id) {
      at->second.cursor = cursor;
      at->second.moved += std::count(committed.receipts.begin(), committed.receipts.end(),
                                     queue::ReceiptStatus::done);
    }
  }
  later(source, id);
}

Answer MoveTasks::cancel(const Input& input, const Caller&) {
  const auto text = text_of(input, "TaskHandle");
  if (text.empty()) return missing("TaskHandle");
  const auto handle = parse_task_handle(text);
  const auto source = handle ? name_in_arn(handle->source_arn) : std::nullopt;
  if (!source) return invalid("Value for parameter TaskHandle is invalid.");
  if (!store_.find_queue(*source)) return resource_not_found("SourceArn");
  std::lock_guard starting(starting_);
  std::lock_guard lock(mutex_);
  const auto at = running_.find(*source);
  if (at == running_.end() || at->second.id != handle->id)
    return Fault{"ResourceNotFoundException", "", "Task does not exist.", 404};
  const int64_t moved = at->second.moved;
  end(at->second, "CANCELLED", "");
  return boost::json::object{{"ApproximateNumberOfMessagesMoved", moved}};
}

Answer MoveTasks::list(const Input& input, const Caller& caller) {
  const auto source = find_by_arn(store_, input, "SourceArn");
  if (!source) return source.error();
  const auto max = number_of(input, "MaxResults").value_or(1);
  if (max < 1 || max > static_cast<int64_t>(kRemembered))
    return invalid_value(std::to_string(max), "MaxResults",
                         "Must be between 1 and 10, if provided.");
  auto tasks = read_tasks(store_, source->name);
  std::reverse(tasks.begin(), tasks.end());
  tasks.resize(std::min(tasks.size(), static_cast<size_t>(max)));
  boost::json::array results;
  for (auto& task : tasks) {
    {
      std::lock_guard lock(mutex_);
      const auto at = running_.find(task.source);
      if (at != running_.end() && at->second.id == task.id) task = at->second;
    }
    const std::string arn = arn_of(task.source, caller);
    boost::json::object result{{"Status", task.status},
                               {"SourceArn", arn},
                               {"ApproximateNumberOfMessagesMoved", task.moved},
                               {"ApproximateNumberOfMessagesToMove", task.to_move},
                               {"StartedTimestamp", task.started}};
    if (task.running()) result["TaskHandle"] = to_text({task.id, arn});
    if (!task.destination.empty()) result["DestinationArn"] = arn_of(task.destination, caller);
    if (task.rate > 0) result["MaxNumberOfMessagesPerSecond"] = task.rate;
    if (!task.failure.empty()) result["FailureReason"] = task.failure;
    results.push_back(std::move(result));
  }
  boost::json::object out;
  if (!results.empty()) out["Results"] = std::move(results);
  return out;
}

}  // namespace belfry::aws::sqs

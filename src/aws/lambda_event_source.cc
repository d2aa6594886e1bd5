#include "aws/lambda_event_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <mutex>

#include "aws/lambda_records.h"
#include "base/log.h"
#include "pipeline/store_destination.h"

namespace belfry::aws::lambda {
namespace {

constexpr size_t kReceive = 100;                          // messages at once: 100 MiB at most
constexpr Duration kPatience = std::chrono::seconds(20);  // of a receive
constexpr Duration kPause = std::chrono::seconds(1);  // before a queue that is gone is looked for
constexpr size_t kEventBytes = functions::kLargestPayload - 64;  // of records, with their commas

struct Batch {
  std::vector<queue::Received> messages;
  std::vector<std::string> records;
  size_t bytes = 0;
  Duration received{};  // the first of them, monotonic
};

class Source : public std::enable_shared_from_this<Source> {
 public:
  Source(queue::Store& store, functions::LambdaHost& host, Executor& executor, Clock& clock,
         EventSourceSettings settings)
      : store_(store),
        host_(host),
        executor_(executor),
        clock_(clock),
        settings_(std::move(settings)),
        filter_(settings_.filters) {
    record_source_.arn =
        fmt::format("arn:aws:sqs:{}:{}:{}", settings_.region, settings_.account, settings_.queue);
    record_source_.region = settings_.region;
    record_source_.account = settings_.account;
    record_source_.window = settings_.window > Duration(0);
    status_.queue = settings_.queue;
  }

  // Asks for messages while the function may be called, one receive at a time.
  void pump() {
    size_t room = 0;
    Duration wait = kPatience;
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || receiving_ || running_.size() >= settings_.concurrency) return;
      room = std::min(kReceive, settings_.batch - filling_.messages.size());
      if (!filling_.messages.empty())
        wait = std::max(Duration(0), filling_.received + settings_.window - clock_.monotonic());
      receiving_ = true;
    }
    const auto queue = store_.find_queue(settings_.queue);
    if (!queue) {
      executor_.post_after(kPause, [self = shared_from_this()] { self->received(0, {}, {}); });
      return;
    }
    const queue::QueueSettings of_queue = store_.settings(*queue);
    record_source_.fifo = of_queue.fifo;
    const Duration visibility =
        std::max(of_queue.visibility_timeout, settings_.function_timeout + settings_.window);
    store_.receive(
        *queue, room, visibility, wait,
        [self = shared_from_this(), queue = *queue,
         visibility](std::vector<queue::Received> messages) {
          self->executor_.post([self, queue, visibility, messages = std::move(messages)]() mutable {
            self->received(queue, visibility, std::move(messages));
          });
        },
        gone_);
  }

  void stop(Duration deadline, Callback<> then) {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    *gone_ = true;
    give_back(filling_);
    if (running_.empty()) {
      lock.unlock();
      return then();
    }
    stopped_ = std::move(then);
    lock.unlock();
    executor_.post_after(deadline, [self = shared_from_this()] { self->abandon(); });
  }

  // What the function still has becomes visible to others at once.
  void abandon() {
    Callback<> then;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      *gone_ = true;
      give_back(filling_);
      for (const auto& batch : running_) give_back(*batch);
      then = std::exchange(stopped_, nullptr);
    }
    if (then) then();
  }

  pipeline::WorkerStatus status() const {
    std::lock_guard lock(mutex_);
    pipeline::WorkerStatus status = status_;
    for (const auto& batch : running_) status.active += batch->messages.size();
    return status;
  }

 private:
  using BatchPtr = std::shared_ptr<Batch>;

  void give_back(Batch& batch) {
    queue::Batch changes;
    for (const auto& message : batch.messages)
      changes.change_visibility(queue_, message.receipt, Duration(0));
    if (!changes.empty()) store_.commit(std::move(changes), [](queue::Committed) {});
    if (&batch == &filling_) filling_ = {};
  }

  // On the executor, one at a time.
  void received(queue::QueueId queue, Duration visibility, std::vector<queue::Received> messages) {
    queue::Batch unwanted;
    std::vector<BatchPtr> full;
    {
      std::lock_guard lock(mutex_);
      queue_ = queue;
      visibility_ = visibility;
      receiving_ = false;
      if (stopping_) {
        Batch late;
        late.messages = std::move(messages);
        return give_back(late);
      }
      for (auto& message : messages) {
        if (!filter_.wants(message, record_source_)) {
          unwanted.remove(queue_, message.receipt);
          continue;
        }
        std::string record = record_of(message, record_source_);
        if (filling_.bytes + record.size() + 1 > kEventBytes && !filling_.messages.empty())
          full.push_back(take_filling());
        if (filling_.messages.empty()) filling_.received = clock_.monotonic();
        filling_.bytes += record.size() + 1;
        filling_.messages.push_back(std::move(message));
        filling_.records.push_back(std::move(record));
      }
      const bool window_over = settings_.window == Duration(0) ||
                               clock_.monotonic() >= filling_.received + settings_.window;
      if (!filling_.messages.empty() &&
          (filling_.messages.size() >= settings_.batch || window_over))
        full.push_back(take_filling());
    }
    // FilterCriteria: what they do not let through counts as handled.
    if (!unwanted.empty()) store_.commit(std::move(unwanted), [](queue::Committed) {});
    for (const BatchPtr& batch : full) call(batch);
    extend_later();
    executor_.post([self = shared_from_this()] { self->pump(); });
  }

  BatchPtr take_filling() {
    auto batch = std::make_shared<Batch>(std::exchange(filling_, {}));
    running_.push_back(batch);
    return batch;
  }

  void call(const BatchPtr& batch) {
    functions::Invocation invocation;
    invocation.event = event_of(batch->records);
    batch->records.clear();
    host_.invoke(settings_.function, std::move(invocation), functions::LambdaHost::Wait::yes,
                 [self = shared_from_this(), batch](functions::InvocationResult result) {
                   self->executor_.post([self, batch, result = std::move(result)]() mutable {
                     self->answered(batch, std::move(result));
                   });
                 });
  }

  void answered(const BatchPtr& batch, functions::InvocationResult result) {
    const auto& messages = batch->messages;
    std::string reason = result.reason();
    const bool good = result.kind == functions::InvocationResult::Kind::done;
    std::vector<bool> failed(messages.size(), !good);
    queue::Batch changes;
    if (good && settings_.report_failures) {
      failed = failures_in(result.payload, messages);
      reason = "the function reported it as failed";
    }
    const bool all_good = std::ranges::none_of(failed, [](bool it) { return it; });
    if (all_good && settings_.effects) {
      if (auto effects = settings_.effects(result.payload, messages)) {
        changes.append(std::move(*effects));
      } else {
        failed.assign(messages.size(), true);
        reason = effects.error().message;
      }
    }
    for (size_t i = 0; i < messages.size(); ++i)
      if (failed[i])
        message_failed(messages[i], *batch, reason, changes);
      else
        changes.remove(queue_, messages[i].receipt);
    {
      std::lock_guard lock(mutex_);
      status_.done += static_cast<uint64_t>(std::ranges::count(failed, false));
    }
    store_.commit(std::move(changes), [self = shared_from_this(), batch](queue::Committed made) {
      // What could not be made durable comes again when its lease has ended.
      if (made.status != queue::CommitStatus::durable)
        log::warn("the outcome of a function could not be stored; its messages come again",
                  {{"queue", self->settings_.queue}, {"reason", made.reason}});
      self->executor_.post([self, batch] { self->finished(batch); });
    });
  }

  void message_failed(const queue::Received& message, const Batch& batch, const std::string& reason,
                      queue::Batch& changes) {
    const bool dead = dead_letter(message, reason, changes);
    if (!dead) {
      const auto queue = store_.find_queue(settings_.queue);
      const Duration visibility = queue ? store_.settings(*queue).visibility_timeout : Duration(0);
      changes.change_visibility(
          queue_, message.receipt,
          std::max(Duration(0), batch.received + visibility - clock_.monotonic()));
    }
    std::lock_guard lock(mutex_);
    ++(dead ? status_.dead_letters : status_.retries);
    status_.last_reason = reason;
  }

  // Moves it to the dead letters if it has been received often enough.
  bool dead_letter(const queue::Received& message, const std::string& reason,
                   queue::Batch& changes) {
    const auto queue = store_.find_queue(settings_.queue);
    const auto of_queue =
        queue ? store_.settings(*queue).dead_letter : std::optional<queue::DeadLetter>();
    const uint32_t attempts = of_queue ? of_queue->after : settings_.attempts;
    if (attempts == 0 || message.receives < attempts) return false;
    std::optional<queue::QueueId> to;
    if (of_queue) {
      to = store_.find_queue(of_queue->queue);
    } else if (!settings_.dead_letter_queue.empty()) {
      to = store_.find_queue(settings_.dead_letter_queue);
    } else if (const auto opened = pipeline::open_dead_queue(store_)) {
      to = *opened;
    }
    if (!to) return false;
    changes.move(queue_, message.receipt, *to,
                 fmt::format("after {} attempts: {}", message.receives, reason));
    log::warn("message goes to the dead letters", {{"queue", settings_.queue},
                                                   {"function", settings_.function},
                                                   {"message", message.message.id},
                                                   {"reason", reason}});
    return true;
  }

  void finished(const BatchPtr& batch) {
    Callback<> then;
    {
      std::lock_guard lock(mutex_);
      std::erase(running_, batch);
      if (stopping_ && running_.empty()) then = std::exchange(stopped_, nullptr);
    }
    if (then) return then();
    pump();
  }

  // While the function is at work its messages' leases are renewed.
  void extend_later() {
    Duration visibility;
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(extending_, true)) return;
      visibility = visibility_;
    }
    executor_.post_after(visibility / 3, [self = shared_from_this()] {
      queue::Batch changes;
      {
        std::lock_guard lock(self->mutex_);
        self->extending_ = false;
        if ((self->running_.empty() && self->filling_.messages.empty()) ||
            (self->stopping_ && !self->stopped_))
          return;
        const auto extend = [&](const Batch& batch) {
          for (const auto& message : batch.messages)
            changes.change_visibility(self->queue_, message.receipt, self->visibility_);
        };
        for (const auto& batch : self->running_) extend(*batch);
        extend(self->filling_);
      }
      self->store_.commit(std::move(changes), [](queue::Committed) {});
      self->extend_later();
    });
  }

  queue::Store& store_;
  functions::LambdaHost& host_;
  Executor& executor_;
  Clock& clock_;
  const EventSourceSettings settings_;
  const std::shared_ptr<std::atomic<bool>> gone_ = std::make_shared<std::atomic<bool>>(false);

  mutable std::mutex mutex_;
  RecordFilter filter_;
  RecordSource record_source_;
  queue::QueueId queue_ = 0;
  Duration visibility_ = std::chrono::seconds(30);
  Batch filling_;
  std::vector<BatchPtr> running_;
  bool receiving_ = false, stopping_ = false, extending_ = false;
  Callback<> stopped_;
  pipeline::WorkerStatus status_;
};

class EventSource final : public pipeline::Worker {
 public:
  explicit EventSource(std::shared_ptr<Source> source) : source_(std::move(source)) {}
  ~EventSource() override { source_->abandon(); }
  void start() override { source_->pump(); }
  void stop(Duration deadline, Callback<> then) override {
    source_->stop(deadline, std::move(then));
  }
  pipeline::WorkerStatus status() const override { return source_->status(); }

 private:
  const std::shared_ptr<Source> source_;
};

}  // namespace

std::unique_ptr<pipeline::Worker> event_source(queue::Store& store, functions::LambdaHost& host,
                                               Executor& executor, Clock& clock,
                                               EventSourceSettings settings) {
  return std::make_unique<EventSource>(
      std::make_shared<Source>(store, host, executor, clock, std::move(settings)));
}

std::vector<bool> failures_in(const std::string& result,
                              const std::vector<queue::Received>& messages) {
  const std::vector<bool> all(messages.size(), true);
  std::vector<bool> failed(messages.size(), false);
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(result, error);
  if (error) return all;
  if (parsed.is_null()) return failed;
  const auto* object = parsed.if_object();
  // A string, and the like, says nothing of failures.
  const auto* list = object ? object->if_contains("batchItemFailures") : nullptr;
  if (!list || list->is_null()) return failed;
  if (!list->is_array()) return all;
  for (const auto& item : list->get_array()) {
    const auto* entry = item.if_object();
    const auto* id = entry ? entry->if_contains("itemIdentifier") : nullptr;
    if (!id || !id->is_string()) return all;
    const auto at = std::ranges::find_if(messages, [&](const queue::Received& message) {
      return id->get_string() == message.message.id;
    });
    if (at == messages.end()) return all;
    failed[static_cast<size_t>(at - messages.begin())] = true;
  }
  return failed;
}

}  // namespace belfry::aws::lambda

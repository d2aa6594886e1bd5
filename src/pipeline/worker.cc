#include "pipeline/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <list>
#include <mutex>

#include "base/log.h"
#include "pipeline/store_destination.h"

namespace belfry::pipeline {
namespace {

constexpr Duration kNoRoomPause = std::chrono::seconds(1);

// Kept alive by whatever is under way: a receive, a handler, a commit, a timer.
class WorkerState : public std::enable_shared_from_this<WorkerState> {
 public:
  WorkerState(queue::Store& store, queue::QueueId queue, queue::QueueId dead, std::string name,
              std::shared_ptr<Handler> handler, Random& random, Executor& executor,
              WorkerSettings settings)
      : store_(store),
        queue_(queue),
        dead_(dead),
        handler_(std::move(handler)),
        random_(random),
        executor_(executor),
        settings_(std::move(settings)) {
    status_.queue = std::move(name);
  }

  // Asks for as many messages as can be worked on, one receive at a time.
  void pump() {
    size_t room = 0;
    {
      std::lock_guard lock(mutex_);
      if (stopping_ || receiving_ || jobs_.size() >= settings_.concurrency) return;
      room = std::min(settings_.batch, settings_.concurrency - jobs_.size());
      receiving_ = true;
    }
    store_.receive(queue_, room, settings_.visibility, settings_.receive_wait,
                   [self = shared_from_this()](std::vector<queue::Received> messages) {
                     self->received(std::move(messages));
                   });
  }

  void stop(Duration deadline, Callback<> then) {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    if (jobs_.empty()) {
      lock.unlock();
      return then();
    }
    stopped_ = std::move(then);
    lock.unlock();
    executor_.post_after(deadline, [self = shared_from_this()] { self->give_back(); });
  }

  // What handlers still have becomes visible to others at once.
  void give_back() {
    queue::Batch batch;
    Callback<> then;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const auto& job : jobs_)
        batch.change_visibility(queue_, job->message.receipt, Duration(0));
      then = std::exchange(stopped_, nullptr);
    }
    if (!batch.empty()) store_.commit(std::move(batch), [](queue::Committed) {});
    if (then) then();
  }

  WorkerStatus status() const {
    std::lock_guard lock(mutex_);
    WorkerStatus status = status_;
    status.active = jobs_.size();
    return status;
  }

 private:
  struct Job {
    queue::Received message;
  };
  using JobAt = std::list<std::unique_ptr<Job>>::iterator;

  void received(std::vector<queue::Received> messages) {
    std::vector<JobAt> jobs;
    {
      std::lock_guard lock(mutex_);
      receiving_ = false;
      if (stopping_) {
        // Came too late: to be had by the next one at once.
        queue::Batch batch;
        for (const auto& message : messages)
          batch.change_visibility(queue_, message.receipt, Duration(0));
        if (!batch.empty()) store_.commit(std::move(batch), [](queue::Committed) {});
        return;
      }
      for (auto& message : messages) {
        jobs_.push_back(std::make_unique<Job>(Job{std::move(message)}));
        jobs.push_back(std::prev(jobs_.end()));
      }
    }
    if (!jobs.empty()) extend_later();
    for (const JobAt job : jobs)
      executor_.post([self = shared_from_this(), job] { self->handle(job); });
    // The store must not be asked again from within its own callback for ever.
    executor_.post([self = shared_from_this()] { self->pump(); });
  }

  void handle(JobAt job) {
    handler_->handle((*job)->message, [self = shared_from_this(), job](Outcome outcome) {
      self->answered(job, std::move(outcome));
    });
  }

  void answered(JobAt job, Outcome outcome) {
    const queue::Received& message = (*job)->message;
    queue::Batch batch;
    const bool spent = settings_.attempts > 0 && message.receives >= settings_.attempts;
    bool dead = false;
    switch (outcome.next) {
      case Outcome::Next::done:
        batch.remove(queue_, message.receipt);
        batch.append(std::move(outcome.effects));
        break;
      case Outcome::Next::retry:
        if (!spent) {
          const Duration pause =
              std::min(outcome.retry_after.value_or(pause_after(message.receives)),
                       Duration(queue::Store::kLongestLease));
          batch.change_visibility(queue_, message.receipt, pause);
          break;
        }
        outcome.reason = fmt::format("after {} attempts: {}", message.receives, outcome.reason);
        [[fallthrough]];
      case Outcome::Next::permanent:
        dead = true;
        bury(message, outcome.reason, batch);
        break;
    }
    note(message, outcome, dead);
    store(job, std::move(batch));
  }

  // Without room the outcome waits, and its message with it: handling it again would send it again.
  // What the store cannot take at all is a dead letter. When the disk failed, belfry starts again,
  // and the message comes again.
  void store(JobAt job, queue::Batch batch) {
    store_.commit(std::move(batch), [self = shared_from_this(), job](queue::Committed committed) {
      if (committed.status == queue::CommitStatus::full) {
        return self->executor_.post_after(
            kNoRoomPause, [self, job, batch = std::move(committed.refused)]() mutable {
              self->store(job, std::move(batch));
            });
      }
      if (committed.status == queue::CommitStatus::too_large)
        return self->answered(job, Outcome::permanent(std::move(committed.reason)));
      self->finished(job);
    });
  }

  Duration pause_after(uint32_t failures) {
    return settings_.delay ? settings_.delay(failures)
                           : backoff(settings_.retry, failures, random_);
  }

  void bury(const queue::Received& message, const std::string& reason, queue::Batch& batch) {
    auto letter = handler_->dead_letter(message);
    if (!letter) return batch.move(queue_, message.receipt, dead_, reason);
    letter->system[std::string(kReason)] = reason;
    letter->system[std::string(kDeadLetterSource)] = status_.queue;
    batch.remove(queue_, message.receipt);
    batch.send(dead_, std::move(*letter));
  }

  void note(const queue::Received& message, const Outcome& outcome, bool dead) {
    if (dead) {
      log::warn(
          "message goes to the dead letters",
          {{"queue", status_.queue}, {"message", message.message.id}, {"reason", outcome.reason}});
    }
    std::lock_guard lock(mutex_);
    if (outcome.next == Outcome::Next::done) {
      ++status_.done;
      return;
    }
    ++(dead ? status_.dead_letters : status_.retries);
    status_.last_reason = outcome.reason;
  }

  void finished(JobAt job) {
    Callback<> then;
    {
      std::lock_guard lock(mutex_);
      jobs_.erase(job);
      if (stopping_ && jobs_.empty()) then = std::exchange(stopped_, nullptr);
    }
    if (then) return then();
    pump();
  }

  // While handlers are at work their leases are renewed at a third of their length.
  void extend_later() {
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(extending_, true)) return;
    }
    executor_.post_after(settings_.visibility / 3, [self = shared_from_this()] {
      queue::Batch batch;
      {
        std::lock_guard lock(self->mutex_);
        self->extending_ = false;
        if (self->jobs_.empty() || (self->stopping_ && !self->stopped_)) return;
        for (const auto& job : self->jobs_) {
          batch.change_visibility(self->queue_, job->message.receipt, self->settings_.visibility);
        }
      }
      self->store_.commit(std::move(batch), [](queue::Committed) {});
      self->extend_later();
    });
  }

  queue::Store& store_;
  const queue::QueueId queue_, dead_;
  const std::shared_ptr<Handler> handler_;
  Random& random_;
  Executor& executor_;
  const WorkerSettings settings_;

  mutable std::mutex mutex_;
  std::list<std::unique_ptr<Job>> jobs_;
  bool receiving_ = false, stopping_ = false, extending_ = false;
  Callback<> stopped_;
  WorkerStatus status_;
};

class QueueWorker final : public Worker {
 public:
  explicit QueueWorker(std::shared_ptr<WorkerState> state) : state_(std::move(state)) {}
  ~QueueWorker() override { state_->give_back(); }

  void start() override { state_->pump(); }
  void stop(Duration deadline, Callback<> then) override {
    state_->stop(deadline, std::move(then));
  }
  WorkerStatus status() const override { return state_->status(); }

 private:
  std::shared_ptr<WorkerState> state_;
};

}  // namespace

void Worker::stop(Duration deadline) {
  std::promise<void> stopped;
  stop(deadline, [&] { stopped.set_value(); });
  stopped.get_future().wait();
}

Result<std::unique_ptr<Worker>> Worker::make(queue::Store& store, std::string_view queue,
                                             Handler& handler, Random& random, Executor& executor,
                                             WorkerSettings settings) {
  return make(store, queue, std::shared_ptr<Handler>(std::shared_ptr<void>(), &handler), random,
              executor, std::move(settings));
}

Result<std::unique_ptr<Worker>> Worker::make(queue::Store& store, std::string_view queue,
                                             std::shared_ptr<Handler> handler, Random& random,
                                             Executor& executor, WorkerSettings settings) {
  const auto id = store.find_queue(queue);
  if (!id) return fail(fmt::format("there is no queue {}", queue));
  const queue::QueueSettings of_queue = store.settings(*id);
  if (of_queue.dead_letter) {
    if (settings.attempts == 0) settings.attempts = of_queue.dead_letter->after;
    if (settings.dead_letter_queue.empty())
      settings.dead_letter_queue = of_queue.dead_letter->queue;
  }
  std::optional<queue::QueueId> dead;
  if (settings.dead_letter_queue.empty()) {
    const auto opened = open_dead_queue(store);
    if (!opened) return tl::unexpected(opened.error());
    dead = *opened;
  } else {
    dead = store.find_queue(settings.dead_letter_queue);
    if (!dead)
      return fail(fmt::format("there is no queue {}, the dead-letter queue of {}",
                              settings.dead_letter_queue, queue));
  }
  return std::make_unique<QueueWorker>(
      std::make_shared<WorkerState>(store, *id, *dead, std::string(queue), std::move(handler),
                                    random, executor, std::move(settings)));
}

}  // namespace belfry::pipeline

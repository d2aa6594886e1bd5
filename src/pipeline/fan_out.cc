#include "pipeline/fan_out.h"

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <utility>

#include "base/log.h"

namespace belfry::pipeline {
namespace {

constexpr size_t kMessages = 64;         // taken at once
constexpr size_t kBatchBytes = 8 << 20;  // of copies in one batch, about
constexpr Duration kLease = std::chrono::seconds(60);
constexpr Duration kPatience = std::chrono::seconds(20);
constexpr Duration kPause = std::chrono::seconds(1);  // after a commit that failed

// Kept alive by whatever is under way. At most one receive or one commit is.
class FanOutState : public std::enable_shared_from_this<FanOutState> {
 public:
  FanOutState(queue::Store& store, topic::Topics& topics, Executor& executor, std::string topic,
              queue::QueueId queue)
      : queue(queue),
        store_(store),
        topics_(topics),
        executor_(executor),
        topic_(std::move(topic)) {}

  void receive() {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    store_.receive(queue, kMessages, kLease, kPatience,
                   [self = shared_from_this()](std::vector<queue::Received> messages) {
                     self->received(std::move(messages));
                   });
  }

  void stop(Callback<> then) {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      if (working_) {
        stopped_ = std::move(then);
        return;
      }
    }
    if (then) then();
  }

  const queue::QueueId queue;

 private:
  void received(std::vector<queue::Received> messages) {
    std::unique_lock lock(mutex_);
    if (stopping_) return give_back(std::move(messages));
    taken_.assign(std::make_move_iterator(messages.begin()),
                  std::make_move_iterator(messages.end()));
    working_ = !taken_.empty();
    // Not from within the store's own callback.
    executor_.post([self = shared_from_this(), working = working_] {
      working ? self->work() : self->receive();
    });
  }

  // `taken_` is this chain's own while working_.
  void work() {
    queue::Batch batch;
    for (; !taken_.empty() && batch.bytes() < kBatchBytes; taken_.pop_front()) {
      batch.remove(queue, taken_.front().receipt);
      topics_.fan_out(topic_, taken_.front(), batch);
    }
    store_.commit(std::move(batch), [self = shared_from_this()](queue::Committed committed) {
      const bool good = committed.status == queue::CommitStatus::durable;
      if (!good)
        log::warn("a FIFO topic's messages could not be handed on; they will be tried again",
                  {{"topic", self->topic_}, {"reason", committed.reason}});
      self->executor_.post_after(good ? Duration(0) : kPause, [self, good] { self->next(good); });
    });
  }

  void next(bool good) {
    Callback<> then;
    {
      std::lock_guard lock(mutex_);
      // After a failure the others must wait, too, until the lease of the first has ended.
      if (good && !stopping_ && !taken_.empty()) {
        executor_.post([self = shared_from_this()] { self->work(); });
        return;
      }
      give_back({std::make_move_iterator(taken_.begin()), std::make_move_iterator(taken_.end())});
      taken_.clear();
      working_ = false;
      then = std::exchange(stopped_, nullptr);
    }
    if (then) then();
    receive();
  }

  void give_back(std::vector<queue::Received> messages) {
    queue::Batch batch;
    for (const auto& message : messages)
      batch.change_visibility(queue, message.receipt, Duration(0));
    if (!batch.empty()) store_.commit(std::move(batch), [](queue::Committed) {});
  }

  queue::Store& store_;
  topic::Topics& topics_;
  Executor& executor_;
  const std::string topic_;

  std::mutex mutex_;
  std::deque<queue::Received> taken_;
  bool working_ = false, stopping_ = false;
  Callback<> stopped_;
};

class TopicFanOut final : public FanOut {
 public:
  explicit TopicFanOut(std::shared_ptr<FanOutState> state) : state_(std::move(state)) {}
  ~TopicFanOut() override { state_->stop(nullptr); }
  void start() override { state_->receive(); }
  void stop(Callback<> then) override { state_->stop(std::move(then)); }
  queue::QueueId queue() const override { return state_->queue; }

 private:
  std::shared_ptr<FanOutState> state_;
};

}  // namespace

Result<std::unique_ptr<FanOut>> FanOut::make(queue::Store& store, topic::Topics& topics,
                                             Executor& executor, const std::string& topic) {
  const auto queue = store.find_queue(topic::topic_queue(topic));
  if (!queue) return fail(fmt::format("there is no FIFO topic {}", topic));
  return std::make_unique<TopicFanOut>(
      std::make_shared<FanOutState>(store, topics, executor, topic, *queue));
}

}  // namespace belfry::pipeline

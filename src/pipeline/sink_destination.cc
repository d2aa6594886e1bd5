#include "pipeline/sink_destination.h"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <mutex>

#include "base/log.h"
#include "pipeline/ack_tracker.h"
#include "pipeline/content.h"
#include "pipeline/store_destination.h"
#include "pipeline/worker.h"

namespace belfry::pipeline {
namespace {

class SinkDestination final : public Destination,
                              public std::enable_shared_from_this<SinkDestination> {
 public:
  SinkDestination(std::shared_ptr<Sink> sink, queue::Store& store, std::string key,
                  queue::QueueId dead, Random& random, Executor& executor, SinkSettings settings,
                  std::shared_ptr<PlaceKeeper> places)
      : sink_(std::move(sink)),
        store_(store),
        key_(std::move(key)),
        places_(places ? std::move(places) : store_places(store, key_)),
        dead_(dead),
        random_(random),
        executor_(executor),
        settings_(settings) {}

  Result<std::optional<Checkpoint>> load() override {
    auto stored = places_->load();
    if (!stored) return stored;
    std::lock_guard lock(mutex_);
    lost_ = false;
    acks_ = AckTracker(*stored);
    return stored;
  }

  void deliver(std::shared_ptr<const Unit> unit, Callback<Outcome> done) override {
    std::vector<Attempt> refused;
    {
      std::lock_guard lock(mutex_);
      if (lost_) return executor_.post([done = std::move(done)]() mutable { done(taken_over()); });
      const AckTracker::Ticket ticket = acks_.add(unit);
      for (size_t i = 0; i < unit->items.size(); ++i) {
        Attempt attempt{ticket, i, unit->items[i], 0};
        if (attempt.item.content->refused.empty())
          waiting_.push_back(std::move(attempt));
        else
          refused.push_back(std::move(attempt));
      }
      done_.emplace(ticket, std::move(done));
    }
    for (Attempt& attempt : refused) {
      std::string reason = attempt.item.content->refused;
      bury(std::move(attempt), std::move(reason));
    }
    send();
    settle(unit->items.empty());
  }

  size_t units_in_flight() const override { return settings_.units_in_flight; }

  std::string trouble() const override {
    std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  struct Attempt {
    AckTracker::Ticket unit;
    size_t index;
    Item item;
    uint32_t failures;
  };
  using Sent = std::vector<Attempt>;

  // Sends what waits, as much as may be in flight.
  void send() {
    for (;;) {
      auto sent = std::make_shared<Sent>();
      auto items = std::make_shared<std::vector<Item>>();
      {
        std::lock_guard lock(mutex_);
        if (lost_ || waiting_.empty() || in_flight_ >= settings_.sends_in_flight) return;
        const size_t most = std::max<size_t>(sink_->most_items(), 1);
        while (!waiting_.empty() && sent->size() < most) {
          items->push_back(waiting_.front().item);
          sent->push_back(std::move(waiting_.front()));
          waiting_.pop_front();
        }
        ++in_flight_;
      }
      sink_->send(*items, [self = shared_from_this(), sent, items](std::vector<Outcome> outcomes) {
        self->answered(*sent, std::move(outcomes));
      });
    }
  }

  void answered(Sent& sent, std::vector<Outcome> outcomes) {
    bool partly = false;
    {
      std::lock_guard lock(mutex_);
      --in_flight_;
      for (size_t i = 0; i < sent.size(); ++i) {
        Attempt& attempt = sent[i];
        Outcome outcome = i < outcomes.size() ? std::move(outcomes[i])
                                              : Outcome::retry("the sink gave no answer");
        const bool spent = settings_.attempts > 0 && attempt.failures + 1 >= settings_.attempts;
        if (outcome.next == Outcome::Next::done) {
          acks_.acknowledge(attempt.unit, attempt.index);
          partly = true;
          note_trouble({});
        } else if (outcome.next == Outcome::Next::permanent || spent) {
          bury(std::move(attempt), std::move(outcome.reason));
        } else {
          if (attempt.failures > 0) note_trouble(std::move(outcome.reason));
          again(std::move(attempt), outcome.retry_after);
        }
      }
    }
    // Other items go on in the meantime. The executor breaks the recursion of a sink that answers
    // at once.
    executor_.post([self = shared_from_this()] { self->send(); });
    if (partly) settle(false);
  }

  // With the lock held.
  void note_trouble(std::string reason) {
    if (reason.empty() != trouble_.empty()) {
      if (reason.empty())
        log::info("events arrive again", {{"place", key_}});
      else
        log::warn("events wait: their target does not take them",
                  {{"place", key_}, {"reason", reason}});
    }
    trouble_ = std::move(reason);
  }

  void again(Attempt attempt, std::optional<Duration> after) {
    const Duration pause = after.value_or(backoff(settings_.retry, ++attempt.failures, random_));
    executor_.post_after(pause,
                         [self = shared_from_this(), attempt = std::move(attempt)]() mutable {
                           {
                             std::lock_guard lock(self->mutex_);
                             self->waiting_.push_front(std::move(attempt));
                           }
                           self->send();
                         });
  }

  // To the dead letters; acknowledged when it is durable there.
  void bury(Attempt attempt, std::string reason) {
    const Content& content = *attempt.item.content;
    queue::Message message = message_of(content);
    message.system[std::string(kReason)] = reason;
    message.system[std::string(kDeadLetterSource)] = key_;
    queue::Batch batch;
    batch.send(dead_, std::move(message));
    executor_.post([self = shared_from_this(), batch = std::move(batch),
                    attempt = std::move(attempt), reason = std::move(reason)]() mutable {
      self->store_.commit(std::move(batch),
                          [self, attempt = std::move(attempt),
                           reason = std::move(reason)](queue::Committed committed) mutable {
                            {
                              std::lock_guard lock(self->mutex_);
                              if (committed.status != queue::CommitStatus::durable)
                                return self->again(std::move(attempt), {});
                              self->acks_.acknowledge(attempt.unit, attempt.index);
                            }
                            self->settle(false);
                          });
    });
  }

  // Answers for units that everything before has arrived of, and stores the place: now, or at the
  // next interval.
  void settle(bool now) {
    std::vector<Callback<Outcome>> answers;
    bool store = false, later = false;
    {
      std::lock_guard lock(mutex_);
      for (const AckTracker::Ticket ticket : acks_.take_passed()) {
        auto found = done_.find(ticket);
        if (found == done_.end()) continue;  // it ended when the place was taken over
        answers.push_back(std::move(found->second));
        done_.erase(found);
      }
      if (acks_.moved()) {
        store = now;
        later = !now && !std::exchange(timer_, true);
      }
    }
    if (store) store_place();
    if (later) store_place_later();
    for (auto& answer : answers) answer(Outcome::done());
  }

  // One after another: an older place never overwrites a newer one. If it cannot be kept now, the
  // next one will stand for it.
  void store_place() {
    Checkpoint checkpoint;
    {
      std::lock_guard lock(mutex_);
      if (lost_ || !acks_.moved() || std::exchange(keeping_, true)) return;
      checkpoint = acks_.checkpoint();
    }
    places_->keep(checkpoint, [self = shared_from_this()](PlaceKeeper::Kept kept) {
      // On the executor: a keeper that answers at once must not make this recursive.
      self->executor_.post([self, kept] { self->kept(kept); });
    });
  }

  void kept(PlaceKeeper::Kept kept) {
    std::map<AckTracker::Ticket, Callback<Outcome>> open;
    bool again = false;
    {
      std::lock_guard lock(mutex_);
      keeping_ = false;
      if (kept == PlaceKeeper::Kept::lost) {
        lost_ = true;
        waiting_.clear();
        open.swap(done_);
      } else {
        again = acks_.moved() && !std::exchange(timer_, true);
      }
    }
    for (auto& [ticket, done] : open) done(taken_over());
    if (again) store_place_later();
  }

  void store_place_later() {
    executor_.post_after(settings_.commit_interval, [self = shared_from_this()] {
      {
        std::lock_guard lock(self->mutex_);
        self->timer_ = false;
      }
      self->store_place();
    });
  }

  static Outcome taken_over() {
    return Outcome::permanent("another instance has taken over this listener's place");
  }

  const std::shared_ptr<Sink> sink_;
  queue::Store& store_;
  const std::string key_;
  const std::shared_ptr<PlaceKeeper> places_;
  const queue::QueueId dead_;
  Random& random_;
  Executor& executor_;
  const SinkSettings settings_;

  mutable std::mutex mutex_;
  std::string trouble_;
  AckTracker acks_{std::nullopt};
  std::deque<Attempt> waiting_;
  std::map<AckTracker::Ticket, Callback<Outcome>> done_;
  size_t in_flight_ = 0;
  bool timer_ = false;
  bool keeping_ = false;  // a place is on its way to the keeper
  bool lost_ = false;     // another owner has the place
};

}  // namespace

Result<std::shared_ptr<Destination>> sink_destination(std::shared_ptr<Sink> sink,
                                                      queue::Store& store, std::string key,
                                                      Random& random, Executor& executor,
                                                      SinkSettings settings,
                                                      std::shared_ptr<PlaceKeeper> places) {
  std::optional<queue::QueueId> dead;
  if (settings.dead_letter_queue.empty()) {
    const auto opened = open_dead_queue(store);
    if (!opened) return tl::unexpected(opened.error());
    dead = *opened;
  } else {
    dead = store.find_queue(settings.dead_letter_queue);
    if (!dead) return fail(fmt::format("there is no queue {}", settings.dead_letter_queue));
  }
  return std::make_shared<SinkDestination>(std::move(sink), store, std::move(key), *dead, random,
                                           executor, std::move(settings), std::move(places));
}

}  // namespace belfry::pipeline

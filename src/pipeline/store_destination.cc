#include "pipeline/store_destination.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/content.h"
#include "pipeline/worker.h"

namespace belfry::pipeline {
namespace {

// What the kinds of embedded destination share: one batch for messages and place.
class StoreDestination : public Destination {
 public:
  StoreDestination(queue::Store& store, std::string key, queue::QueueId dead)
      : store_(store), key_(std::move(key)), dead_(dead) {}

  Result<std::optional<Checkpoint>> load() override { return load_place(store_, key_); }

  void deliver(std::shared_ptr<const Unit> unit, Callback<Outcome> done) override {
    queue::Batch batch;
    for (const Item& item : unit->items) {
      const Content& content = *item.content;
      if (content.refused.empty()) {
        add(content, batch);
      } else {
        queue::Message message = message_of(content);
        message.system[std::string(kReason)] = content.refused;
        message.system[std::string(kDeadLetterSource)] = key_;
        batch.send(dead_, std::move(message));
      }
    }
    batch.put(key_, encode(unit->after));
    store_.commit(std::move(batch), [done = std::move(done)](queue::Committed committed) mutable {
      switch (committed.status) {
        case queue::CommitStatus::durable:
          return done(Outcome::done());
        case queue::CommitStatus::full:
          return done(Outcome::retry(std::move(committed.reason)));
        case queue::CommitStatus::too_large:
        case queue::CommitStatus::failed:
          return done(Outcome::permanent(std::move(committed.reason)));
      }
    });
  }

 protected:
  virtual void add(const Content& content, queue::Batch& batch) = 0;

  queue::Store& store_;

 private:
  const std::string key_;
  const queue::QueueId dead_;
};

class QueueDestination final : public StoreDestination {
 public:
  QueueDestination(queue::Store& store, std::string key, queue::QueueId dead, queue::QueueId queue)
      : StoreDestination(store, std::move(key), dead),
        queue_(queue),
        fifo_(store.settings(queue).fifo) {}

 private:
  void add(const Content& content, queue::Batch& batch) override {
    queue::Message message = message_of(content);
    if (fifo_) {
      message.group = content.group;
      message.deduplication = content.id;
    }
    batch.send(queue_, std::move(message));
  }

  const queue::QueueId queue_;
  const bool fifo_;
};

class TopicDestination final : public StoreDestination {
 public:
  TopicDestination(queue::Store& store, topic::Topics& topics, std::string key, queue::QueueId dead,
                   std::string topic)
      : StoreDestination(store, std::move(key), dead), topics_(topics), topic_(std::move(topic)) {}

 private:
  void add(const Content& content, queue::Batch& batch) override {
    topic::Publication publication;
    publication.id = message_id(content.id);
    publication.body = content.body;
    publication.attributes = content.attributes;
    publication.group = content.group;
    publication.deduplication = content.id;
    publication.event = content.id;
    topics_.publish(topic_, publication, batch);
  }

  topic::Topics& topics_;
  const std::string topic_;
};

}  // namespace

Result<queue::QueueId> open_dead_queue(queue::Store& store) {
  queue::QueueSettings settings;
  settings.retention = std::chrono::hours(24 * 365 * 100);
  return store.open_queue(std::string(kDeadQueue), settings);
}

Result<std::unique_ptr<Destination>> queue_destination(queue::Store& store, std::string key,
                                                       std::string_view queue) {
  const auto id = store.find_queue(queue);
  if (!id) return fail(fmt::format("there is no queue {}", queue));
  const auto dead = open_dead_queue(store);
  if (!dead) return tl::unexpected(dead.error());
  return std::make_unique<QueueDestination>(store, std::move(key), *dead, *id);
}

Result<std::unique_ptr<Destination>> topic_destination(queue::Store& store, topic::Topics& topics,
                                                       std::string key, std::string topic) {
  const auto names = topics.topics();
  if (std::find(names.begin(), names.end(), topic) == names.end())
    return fail(fmt::format("there is no topic {}", topic));
  const auto dead = open_dead_queue(store);
  if (!dead) return tl::unexpected(dead.error());
  return std::make_unique<TopicDestination>(store, topics, std::move(key), *dead, std::move(topic));
}

Result<void> reset_place(queue::Store& store, const std::string& key) {
  queue::Batch batch;
  batch.erase(key);
  const auto committed = store.commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable)
    return fail(fmt::format("{}: {}", key, committed.reason));
  return {};
}

Result<std::optional<Checkpoint>> load_place(queue::Store& store, const std::string& key) {
  const auto record = store.get(key);
  if (!record) return std::optional<Checkpoint>();
  auto decoded = decode_checkpoint(*record);
  if (!decoded) return fail(fmt::format("{}: {}", key, decoded.error().message));
  return std::optional<Checkpoint>(std::move(*decoded));
}

}  // namespace belfry::pipeline

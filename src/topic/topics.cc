#include "topic/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "topic/filter_index.h"
#include "topic/platform.h"
#include "topic/records.h"

namespace belfry::topic {
namespace {

// Copies end by their delivery policy, never by age.
constexpr Duration kRetention = std::chrono::hours(24 * 365 * 100);
constexpr size_t kLongestQueueName = 200;

struct Topic {
  struct Member {
    Subscription subscription;
    std::optional<queue::QueueId> queue;  // of its copies; none: direct or pending
    std::shared_ptr<std::atomic<bool>> warned = std::make_shared<std::atomic<bool>>(false);
  };
  TopicSettings settings;
  std::optional<queue::QueueId> queue;  // FIFO
  std::map<match::PatternId, Member> members;
  std::map<std::string, match::PatternId, std::less<>> ids;  // by subscription id
  match::PatternId next = 0;
  FilterIndex index;
};

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string system_of(const queue::Message& message, std::string_view name) {
  const auto found = message.system.find(std::string(name));
  return found == message.system.end() ? std::string() : found->second;
}

// One publication on its way to the subscriptions of its topic.
struct Delivery {
  const Publication& publication;
  const std::string& id;
  WallTime time;
  const std::string& sequence;  // of a FIFO topic
  int signature_version;
  std::optional<Notice> notice = {};  // with the body for queues; made when the first wants it
};

const std::string& body_for(const Publication& publication, std::string_view protocol) {
  const auto own = publication.bodies.find(protocol);
  return own == publication.bodies.end() ? publication.body : own->second;
}

class StoredTopics final : public Topics {
 public:
  StoredTopics(queue::Store& store, Notices* notices) : store_(store), notices_(notices) {
    if (!notices_) {
      own_notices_ = std::make_unique<Notices>(store, system_clock(), Notices::Options{});
      notices_ = own_notices_.get();
    }
  }

  // What earlier runs left. A record that cannot be read is left as it is, its queue too.
  void load() {
    for (const auto& [key, value] : store_.list(kTopicPrefix)) {
      const std::string name = key.substr(kTopicPrefix.size());
      auto settings = decode_topic(value);
      Result<void> opened =
          settings ? open_fifo(name, *settings) : tl::unexpected(settings.error());
      if (!opened)
        log::error("a topic is out of use", {{"record", key}, {"reason", opened.error().message}});
    }
    for (const auto& [key, value] : store_.list(kSubscriptionPrefix)) {
      auto subscription = decode_subscription(value);
      Result<void> opened = subscription ? open_member(std::move(*subscription))
                                         : tl::unexpected(subscription.error());
      if (!opened)
        log::error("a subscription is out of use",
                   {{"record", key}, {"reason", opened.error().message}});
    }
  }

  Result<void> open_topic(const std::string& name) override {
    if (!is_name(name) || name.size() > 256) {
      return fail(
          fmt::format("\"{}\" is no topic name: letters, digits, _, - and ., up to 256", name));
    }
    if (settings(name)) return {};
    return configure(name, {});
  }

  Result<void> configure(const std::string& name, const TopicSettings& settings) override {
    const std::string record = encode(settings);
    if (store_.get(topic_key(name)) != record) {
      queue::Batch batch;
      batch.put(topic_key(name), record);
      if (auto stored = commit(std::move(batch)); !stored) return stored;
    }
    if (auto opened = open_fifo(name, settings); !opened) return opened;
    std::vector<std::string> ids;
    {
      std::shared_lock lock(mutex_);
      for (const auto& [id, at] : topics_.at(name).ids) ids.push_back(id);
    }
    changed(name, "");
    for (const std::string& id : ids) changed(name, id);
    return {};
  }

  std::optional<TopicSettings> settings(std::string_view name) const override {
    std::shared_lock lock(mutex_);
    const auto found = topics_.find(name);
    if (found == topics_.end()) return std::nullopt;
    return found->second.settings;
  }

  void delete_topic(const std::string& name) override {
    Topic gone;
    {
      std::unique_lock lock(mutex_);
      auto node = topics_.extract(name);
      if (node.empty()) return;
      gone = std::move(node.mapped());
    }
    queue::Batch batch;
    batch.erase(topic_key(name));
    for (const auto& [at, member] : gone.members)
      batch.erase(subscription_key(member.subscription));
    (void)commit(std::move(batch));
    changed(name, "");
    for (const auto& [at, member] : gone.members) changed(name, member.subscription.id);
    for (const auto& [at, member] : gone.members)
      if (member.queue) (void)store_.delete_queue(*member.queue);
    if (gone.queue) (void)store_.delete_queue(*gone.queue);
  }

  Result<void> subscribe(Subscription subscription) override {
    if (!is_name(subscription.id)) {
      return fail(fmt::format("\"{}\" is no subscription id: letters, digits, _, - and .",
                              subscription.id));
    }
    if (!settings(subscription.topic))
      return fail(fmt::format("there is no topic {}", subscription.topic));
    const std::string key = subscription_key(subscription), record = encode(subscription);
    if (store_.get(key) != record) {
      queue::Batch batch;
      batch.put(key, record);
      if (auto stored = commit(std::move(batch)); !stored) return stored;
    }
    const std::string topic = subscription.topic, id = subscription.id;
    if (auto opened = open_member(std::move(subscription)); !opened) return opened;
    changed(topic, id);
    return {};
  }

  void unsubscribe(const std::string& topic, const std::string& id) override {
    std::optional<queue::QueueId> queue;
    queue::Batch batch;
    {
      std::unique_lock lock(mutex_);
      auto found = topics_.find(topic);
      if (found == topics_.end()) return;
      auto member = found->second.ids.find(id);
      if (member == found->second.ids.end()) return;
      const Topic::Member& gone = found->second.members.at(member->second);
      queue = gone.queue;
      batch.erase(subscription_key(gone.subscription));
      if (!gone.subscription.pending) found->second.index.remove(member->second, gone.subscription);
      found->second.members.erase(member->second);
      found->second.ids.erase(member);
    }
    (void)commit(std::move(batch));
    changed(topic, id);
    if (queue) (void)store_.delete_queue(*queue);
  }

  std::vector<std::string> topics() const override {
    std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics_) names.push_back(name);
    return names;
  }

  std::vector<Subscription> subscriptions(const std::string& topic) const override {
    std::shared_lock lock(mutex_);
    std::vector<Subscription> subscriptions;
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return subscriptions;
    for (const auto& [id, at] : found->second.ids)
      subscriptions.push_back(found->second.members.at(at).subscription);
    return subscriptions;
  }

  std::optional<Subscription> subscription(std::string_view topic,
                                           std::string_view id) const override {
    std::shared_lock lock(mutex_);
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return std::nullopt;
    const auto member = found->second.ids.find(id);
    if (member == found->second.ids.end()) return std::nullopt;
    return found->second.members.at(member->second).subscription;
  }

  void watch(Watcher watcher) override { watcher_ = std::move(watcher); }

  size_t publish(std::string_view name, const Publication& publication,
                 queue::Batch& batch) override {
    std::shared_lock lock(mutex_);
    const auto found = topics_.find(name);
    if (found == topics_.end()) return 0;
    const Topic& topic = found->second;
    if (topic.queue) {
      queue::Message message = base_copy(publication, name);
      message.id = publication.id.empty() ? secure_random().uuid() : publication.id;
      message.body = body_for(publication, "sqs");
      message.group = publication.group;
      message.deduplication = publication.deduplication;
      if (!publication.trace.empty()) message.system[std::string(kTrace)] = publication.trace;
      batch.send(*topic.queue, std::move(message));
      return 1;
    }
    const std::string id = publication.id.empty() ? secure_random().uuid() : publication.id;
    return copy(topic, name, publication, id, system_clock().now(), {}, batch);
  }

  size_t fan_out(std::string_view name, const queue::Received& received,
                 queue::Batch& batch) override {
    std::shared_lock lock(mutex_);
    const auto found = topics_.find(name);
    if (found == topics_.end()) return 0;
    Publication publication;
    publication.body = received.message.body;
    publication.attributes = received.message.attributes;
    publication.subject = system_of(received.message, kSubject);
    publication.event = system_of(received.message, queue::kEventAttribute);
    publication.trace = system_of(received.message, kTrace);
    publication.group = received.message.group;
    publication.deduplication = received.message.deduplication;
    return copy(found->second, name, publication, received.message.id, received.sent,
                fmt::format("{:020}", received.sequence), batch);
  }

 private:
  // Devices are meant by their platform: "GCM".
  static std::string_view body_key(const Subscription& subscription) {
    if (subscription.protocol != "application") return subscription.protocol;
    return platform_of(
        std::string_view(subscription.endpoint).substr(subscription.endpoint.rfind(':') + 1));
  }

  static queue::Message base_copy(const Publication& publication, std::string_view topic) {
    queue::Message message;
    message.attributes = publication.attributes;
    message.system[std::string(kTopic)] = topic;
    if (!publication.event.empty())
      message.system[std::string(queue::kEventAttribute)] = publication.event;
    if (!publication.subject.empty()) message.system[std::string(kSubject)] = publication.subject;
    return message;
  }

  size_t copy(const Topic& topic, std::string_view name, const Publication& publication,
              const std::string& id, WallTime time, const std::string& sequence,
              queue::Batch& batch) {
    const std::vector<match::PatternId> wanted = topic.index.match(publication);
    if (wanted.empty()) return 0;
    Delivery delivery{publication, id, time, sequence, topic.settings.signature_version};
    size_t copies = 0;
    for (const match::PatternId at : wanted) {
      const Topic::Member& member = topic.members.at(at);
      if (is_direct(member.subscription)) {
        copies += put_into_queue(member, delivery, batch);
        continue;
      }
      queue::Message message = base_copy(publication, name);
      message.id = id;
      message.body = body_for(publication, body_key(member.subscription));
      if (!sequence.empty()) {
        message.system[std::string(kSequence)] = sequence;
        message.group = publication.group;
        message.deduplication = publication.deduplication;
      }
      batch.send(*member.queue, std::move(message));
      ++copies;
    }
    return copies;
  }

  Notice& notice(Delivery& delivery) {
    if (!delivery.notice)
      delivery.notice.emplace(*notices_,
                              Notice::Content{.id = delivery.id,
                                              .subject = delivery.publication.subject,
                                              .message = body_for(delivery.publication, "sqs"),
                                              .time = delivery.time,
                                              .attributes = delivery.publication.attributes,
                                              .sequence = delivery.sequence,
                                              .token = {},
                                              .signature_version = delivery.signature_version});
    return *delivery.notice;
  }

  // A queue of ours: raw, or the document that Amazon SNS sends to queues.
  size_t put_into_queue(const Topic::Member& member, Delivery& delivery, queue::Batch& batch) {
    const Subscription& subscription = member.subscription;
    const Publication& publication = delivery.publication;
    queue::Message message;
    if (subscription.raw) {
      message.body = body_for(publication, "sqs");
      message.attributes = publication.attributes;
    } else {
      message.body = notice(delivery).document(subscription);
    }
    message.system["SenderId"] = notices_->account();
    if (!publication.event.empty())
      message.system[std::string(queue::kEventAttribute)] = publication.event;
    if (!publication.trace.empty()) message.system[std::string(kTrace)] = publication.trace;
    auto target = store_.find_queue(queue_of_endpoint(subscription.endpoint));
    if (!target) {
      target = store_.find_queue(subscription.dead_letter_queue);
      const std::string reason =
          fmt::format("the queue {} does not exist", queue_of_endpoint(subscription.endpoint));
      if (!member.warned->exchange(true))
        log::warn(target ? "messages of a subscription go to its dead letters"
                         : "messages of a subscription are dropped: it has no dead-letter queue",
                  {{"topic", subscription.topic}, {"id", subscription.id}, {"reason", reason}});
      if (!target) return 0;
      message.system["belfry.reason"] = reason;
      message.system["belfry.dead-letter-source"] =
          fmt::format("{}/{}", subscription.topic, subscription.id);
    }
    // A FIFO topic's groups mean nothing to a standard queue.
    if (delivery.sequence.empty() || store_.settings(*target).fifo) {
      message.group = publication.group;
      message.deduplication = publication.deduplication;
    }
    batch.send(*target, std::move(message));
    return 1;
  }

  Result<void> commit(queue::Batch batch) {
    const auto committed = store_.commit(std::move(batch));
    if (committed.status == queue::CommitStatus::durable) return {};
    return fail(committed.reason);
  }

  void changed(const std::string& topic, const std::string& id) {
    if (watcher_) watcher_(topic, id);
  }

  Result<void> open_fifo(const std::string& name, const TopicSettings& settings) {
    std::optional<queue::QueueId> opened;
    if (is_fifo(name)) {
      queue::QueueSettings of_queue;
      of_queue.fifo = true;
      of_queue.content_deduplication = settings.content_deduplication;
      of_queue.deduplication_by_group = settings.deduplication_by_group;
      of_queue.retention = kRetention;
      of_queue.leases_end_with_process = true;
      auto queue = store_.open_queue(topic_queue(name), of_queue);
      if (!queue) return tl::unexpected(queue.error());
      opened = *queue;
    }
    std::unique_lock lock(mutex_);
    Topic& topic = topics_[name];
    topic.settings = settings;
    topic.queue = opened;
    return {};
  }

  // Its queue and its place in the index; replaces an older one of the same id.
  Result<void> open_member(Subscription subscription) {
    std::optional<queue::QueueId> opened;
    if (!is_direct(subscription) && !subscription.pending) {
      queue::QueueSettings settings;
      settings.fifo = is_fifo(subscription.topic);
      settings.retention = kRetention;
      settings.leases_end_with_process = true;
      auto queue =
          store_.open_queue(subscription_queue(subscription.topic, subscription.id), settings);
      if (!queue) return tl::unexpected(queue.error());
      opened = *queue;
    }
    std::unique_lock lock(mutex_);
    const auto found = topics_.find(subscription.topic);
    if (found == topics_.end())
      return fail(fmt::format("there is no topic {}", subscription.topic));
    Topic& topic = found->second;
    const auto known = topic.ids.find(subscription.id);
    if (known != topic.ids.end()) {
      const Subscription& before = topic.members.at(known->second).subscription;
      if (!before.pending) topic.index.remove(known->second, before);
      topic.members.erase(known->second);
    }
    const match::PatternId id = topic.next++;
    if (!subscription.pending) topic.index.add(id, subscription);
    topic.ids[subscription.id] = id;
    topic.members.emplace(id, Topic::Member{std::move(subscription), opened});
    return {};
  }

  queue::Store& store_;
  std::unique_ptr<Notices> own_notices_;
  Notices* notices_;
  Watcher watcher_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace

bool is_fifo(std::string_view topic) {
  return topic.size() > 5 && topic.ends_with(".fifo");
}

DeliveryPolicy effective_policy(const Subscription& subscription, const TopicSettings& settings) {
  const bool http = subscription.protocol == "http" || subscription.protocol == "https";
  if (http && settings.http && (settings.http_binding || !subscription.policy))
    return *settings.http;
  return subscription.policy.value_or(standard_policy(subscription.protocol));
}

std::string topic_queue(std::string_view topic) {
  std::string name = fmt::format("{}{}", kTopicQueuePrefix, topic);
  if (name.size() <= kLongestQueueName) return name;
  return fmt::format("{}{}", kTopicQueuePrefix, hex(view(sha256(name))));
}

std::unique_ptr<Topics> Topics::over(queue::Store& store, Notices* notices) {
  auto topics = std::make_unique<StoredTopics>(store, notices);
  topics->load();
  return topics;
}

}  // namespace belfry::topic

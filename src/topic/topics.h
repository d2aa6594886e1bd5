// Topics: who gets a copy of what is published.
//
// A subscription with protocol sqs names a queue of the same store: its copies go there in the
// publisher's own batch. Each other subscription has a queue of its own, and publishing puts a copy
// into it, in the same batch, too, so a publication and whatever caused it become durable together.
// What happens to those copies is the worker's matter (pipeline/worker.h).
//
// A FIFO topic (its name ends in ".fifo") has a queue, ".topic.NAME", that publications go to
// first: it numbers them, and swallows those that were sent before. pipeline/fan_out.h takes them
// from there, in order, and calls fan_out().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "queue/store.h"
#include "topic/notification.h"
#include "topic/subscription.h"

namespace belfry::topic {

struct TopicSettings {
  bool content_deduplication = false;   // FIFO
  bool deduplication_by_group = false;  // FIFO: the scope is the message group, not the topic
  int signature_version = 1;
  std::optional<DeliveryPolicy> http;  // of HTTP subscriptions that have none
  bool http_binding = false;           // also of those that have one (disableSubscriptionOverrides)

  bool operator==(const TopicSettings&) const = default;
};

struct Publication {
  std::string body;
  std::string subject;
  queue::Attributes attributes;
  std::string group, deduplication;
  std::string event;  // the ledger's event that it comes from; empty: none
  std::string id;     // message id, the same for all copies; empty: chosen
  std::map<std::string, std::string, std::less<>> bodies;  // instead of body, by protocol
  std::string trace;                                       // AWSTraceHeader; may be empty
};

// System attributes of a copy, beside the publication's own attributes.
inline constexpr std::string_view kTopic = "belfry.topic";      // the topic's name
inline constexpr std::string_view kSubject = "belfry.subject";  // absent: none
inline constexpr std::string_view kSequence =
    "belfry.sequence";  // the number a FIFO topic gave it; absent: none
inline constexpr std::string_view kTrace = "AWSTraceHeader";

bool is_fifo(std::string_view topic);

// The policy that the subscription's deliveries follow: its own, its topic's, or its protocol's.
DeliveryPolicy effective_policy(const Subscription& subscription, const TopicSettings& settings);

// The queue in which a FIFO topic keeps what is published until it is fanned out.
std::string topic_queue(std::string_view topic);
inline constexpr std::string_view kTopicQueuePrefix = ".topic.";

class Topics {
 public:
  // With the topics and subscriptions that the store holds. Both must outlive it; without notices
  // it makes its own.
  static std::unique_ptr<Topics> over(queue::Store& store, Notices* notices = nullptr);
  virtual ~Topics() = default;

  virtual Result<void> open_topic(const std::string& name) = 0;  // if it is not there yet
  virtual Result<void> configure(const std::string& name, const TopicSettings& settings) = 0;
  virtual std::optional<TopicSettings> settings(
      std::string_view topic) const = 0;  // none: no topic
  // With its subscriptions and what they still have to deliver.
  virtual void delete_topic(const std::string& name) = 0;
  virtual std::vector<std::string> topics() const = 0;  // sorted

  virtual Result<void> subscribe(Subscription subscription) = 0;  // makes or replaces
  virtual void unsubscribe(const std::string& topic, const std::string& id) = 0;
  virtual std::vector<Subscription> subscriptions(const std::string& topic) const = 0;  // by id
  virtual std::optional<Subscription> subscription(std::string_view topic,
                                                   std::string_view id) const = 0;

  // Called after a subscription was made, changed or ended, and (with an empty id) a topic: on the
  // caller's thread, with no lock held. Set while nobody else uses the topics.
  using Watcher = std::function<void(const std::string& topic, const std::string& id)>;
  virtual void watch(Watcher watcher) = 0;

  // Adds to the batch a copy for each subscription that wants it, or on a FIFO topic the message to
  // be fanned out; the number of messages added. Thread-safe.
  virtual size_t publish(std::string_view topic, const Publication& publication,
                         queue::Batch& batch) = 0;
  // The copies of a message of a FIFO topic's queue.
  virtual size_t fan_out(std::string_view topic, const queue::Received& message,
                         queue::Batch& batch) = 0;
};

}  // namespace belfry::topic

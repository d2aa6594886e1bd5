// Topics: who gets a copy of what is published.
//
// Each subscription has a queue of its own in the store; publishing puts a copy into the queue of
// each subscription whose filter matches, in the caller's batch, so a publication and whatever
// caused it become durable together. What happens to the copies is the worker's matter
// (pipeline/worker.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "match/pattern.h"
#include "queue/store.h"

namespace belfry::topic {

// How long and how often a delivery is tried; the phases of Amazon SNS's DeliveryPolicy.
struct DeliveryPolicy {
  uint32_t retries = 50;  // after the first attempt
  Duration least_delay = std::chrono::seconds(1);
  Duration most_delay = std::chrono::minutes(5);
};

enum class FilterScope { attributes, body };

struct Subscription {
  std::string id;  // stable name within the topic; also names its queue: ".sub.TOPIC.ID"
  std::string topic;
  std::string protocol;  // sms, email, http, https, sqs, lambda, …
  std::string endpoint;
  std::optional<match::Pattern> filter;
  FilterScope scope = FilterScope::attributes;
  bool raw = false;
  DeliveryPolicy policy;
  std::string dead_letter_queue;  // name; empty: none
};

struct Publication {
  std::string body;
  std::string subject;
  queue::Attributes attributes;
  std::string group, deduplication;
  std::string event;  // the ledger's event that it comes from; empty: none
  std::string id;     // message id, the same for all copies; empty: chosen
};

// System attributes of a copy, beside the publication's own attributes.
inline constexpr std::string_view kTopic = "belfry.topic";      // the topic's name
inline constexpr std::string_view kSubject = "belfry.subject";  // absent: none

// The queue of a subscription's copies: ".sub.TOPIC.ID".
std::string subscription_queue(std::string_view topic, std::string_view id);

class Topics {
 public:
  // With the topics and subscriptions that the store holds. The store must outlive it.
  static std::unique_ptr<Topics> over(queue::Store& store);
  virtual ~Topics() = default;

  virtual Result<void> open_topic(const std::string& name) = 0;
  virtual Result<void> subscribe(Subscription subscription) = 0;  // makes or replaces
  virtual void unsubscribe(const std::string& topic, const std::string& id) = 0;
  virtual std::vector<std::string> topics() const = 0;
  virtual std::vector<Subscription> subscriptions(const std::string& topic) const = 0;

  // Adds a copy for each subscription that wants it to the batch; the number of copies.
  // Thread-safe.
  virtual size_t publish(std::string_view topic, const Publication& publication,
                         queue::Batch& batch) = 0;
};

}  // namespace belfry::topic

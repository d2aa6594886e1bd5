// A publication as subscribers see it: the JSON documents of Amazon SNS (Notification,
// SubscriptionConfirmation, UnsubscribeConfirmation), signed, and what they name: ARNs and links.
//
//   Notices notices(store, clock, {account, region, "http://127.0.0.1:4566"});
//   Notice notice(notices, {...});
//   notice.document(subscription);        signed once for all subscriptions of one topic
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "queue/message.h"
#include "topic/notary.h"
#include "topic/subscription.h"

namespace belfry::topic {

// Where and as whom this belfry is seen. Thread-safe.
class Notices {
 public:
  struct Options {
    std::string account = "000000000000";
    std::string region = "us-east-1";  // of topics and subscriptions that belfry.yaml names
    std::string endpoint = "http://127.0.0.1:4566";  // what links begin with
  };
  Notices(queue::Store& store, Clock& clock, Options options);

  void configure(Options options);
  void set_endpoint(std::string endpoint);
  Options options() const;
  std::string account() const;

  std::string topic_arn(std::string_view topic, std::string_view region = {}) const;
  std::string arn(const Subscription& subscription) const;
  std::string certificate_url();
  std::string unsubscribe_url(const Subscription& subscription) const;
  std::string subscribe_url(std::string_view topic_arn, std::string_view token) const;
  Notary& notary() { return notary_; }

 private:
  mutable std::mutex mutex_;
  Options options_;
  Notary notary_;
};

// One message to be told to subscribers. Used by one thread.
class Notice {
 public:
  enum class Type { notification, subscription_confirmation, unsubscribe_confirmation };
  struct Content {
    Type type = Type::notification;
    std::string id;       // of the message
    std::string subject;  // empty: none
    std::string message;
    WallTime time{};
    queue::Attributes attributes;
    std::string sequence;       // of a FIFO topic, whose notifications are not signed
    std::string token;          // of a confirmation
    int signature_version = 1;  // the topic's
  };
  Notice(Notices& notices, Content content) : notices_(notices), content_(std::move(content)) {}

  const Content& content() const { return content_; }
  // The document as HTTP, e-mail-JSON and queue subscribers get it.
  std::string document(const Subscription& subscription);
  // The event that a function gets: {"Records":[{"EventSource":"aws:sns",…}]}.
  std::string function_event(const Subscription& subscription);

 private:
  const std::string& signature(const std::string& topic_arn);

  Notices& notices_;
  const Content content_;
  std::map<std::string, std::string> signatures_;  // by topic ARN
};

std::string_view name_of(Notice::Type type);
std::string timestamp(WallTime time);  // "2026-11-24T02:20:11.123Z"

}  // namespace belfry::topic

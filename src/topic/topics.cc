#include "topic/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "base/log.h"
#include "base/random.h"
#include "match/matcher.h"
#include "topic/records.h"

namespace belfry::topic {
namespace {

// Copies end by their delivery policy, never by age.
constexpr Duration kRetention = std::chrono::hours(24 * 365 * 100);

// Which subscriptions of one topic want a publication.
class FilterIndex {
 public:
  void add(match::PatternId id, const Subscription& subscription) {
    if (!subscription.filter) {
      unfiltered_.push_back(id);
    } else {
      matcher(subscription.scope).add(id, *subscription.filter);
    }
  }

  void remove(match::PatternId id, const Subscription& subscription) {
    if (!subscription.filter) {
      std::erase(unfiltered_, id);
    } else {
      matcher(subscription.scope).remove(id);
    }
  }

  // Ascending.
  std::vector<match::PatternId> match(const Publication& publication) const {
    thread_local match::Document document;
    thread_local match::Matcher::Scratch scratch;
    std::vector<match::PatternId> matched = unfiltered_;
    if (by_attributes_.size() > 0) {
      document.clear();
      for (const auto& [name, attribute] : publication.attributes) add(document, name, attribute);
      by_attributes_.match(document, scratch, matched);
    }
    if (by_body_.size() > 0) {
      document.clear();
      if (document.add_json(publication.body)) by_body_.match(document, scratch, matched);
    }
    std::sort(matched.begin(), matched.end());
    return matched;
  }

 private:
  match::Matcher& matcher(FilterScope scope) {
    return scope == FilterScope::body ? by_body_ : by_attributes_;
  }

  // As Amazon SNS reads attributes: binary ones have no value to match.
  static void add(match::Document& document, const std::string& name,
                  const queue::Attribute& attribute) {
    const std::string_view type =
        std::string_view(attribute.type).substr(0, attribute.type.find('.'));
    if (attribute.type == "String.Array") {
      if (!document.add_array(name, attribute.value)) document.add_string(name, attribute.value);
    } else if (type == "String") {
      document.add_string(name, attribute.value);
    } else if (type == "Number") {
      document.add_number(name, attribute.value);
    }
  }

  std::vector<match::PatternId> unfiltered_;
  match::Matcher by_attributes_, by_body_;
};

struct Topic {
  struct Member {
    Subscription subscription;
    queue::QueueId queue;
  };
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

bool is_fifo(std::string_view topic) {
  return topic.size() > 5 && topic.substr(topic.size() - 5) == ".fifo";
}

class StoredTopics final : public Topics {
 public:
  explicit StoredTopics(queue::Store& store) : store_(store) {}

  // What earlier runs left. A record that cannot be read is left as it is, its queue too.
  void load() {
    for (const auto& [key, value] : store_.list(kTopicPrefix))
      topics_[key.substr(kTopicPrefix.size())];
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
    {
      std::unique_lock lock(mutex_);
      if (topics_.count(name)) return {};
    }
    queue::Batch batch;
    batch.put(topic_key(name), "{\"version\":1}");
    if (auto stored = commit(std::move(batch)); !stored) return stored;
    std::unique_lock lock(mutex_);
    topics_[name];
    return {};
  }

  Result<void> subscribe(Subscription subscription) override {
    if (!is_name(subscription.id)) {
      return fail(fmt::format("\"{}\" is no subscription id: letters, digits, _, - and .",
                              subscription.id));
    }
    {
      std::shared_lock lock(mutex_);
      if (!topics_.count(subscription.topic))
        return fail(fmt::format("there is no topic {}", subscription.topic));
    }
    const std::string key = subscription_key(subscription), record = encode(subscription);
    if (store_.get(key) != record) {
      queue::Batch batch;
      batch.put(key, record);
      if (auto stored = commit(std::move(batch)); !stored) return stored;
    }
    return open_member(std::move(subscription));
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
      found->second.index.remove(member->second, gone.subscription);
      found->second.members.erase(member->second);
      found->second.ids.erase(member);
    }
    (void)commit(std::move(batch));
    (void)store_.delete_queue(*queue);
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

  size_t publish(std::string_view name, const Publication& publication,
                 queue::Batch& batch) override {
    std::shared_lock lock(mutex_);
    const auto found = topics_.find(name);
    if (found == topics_.end()) return 0;
    const Topic& topic = found->second;
    const std::vector<match::PatternId> wanted = topic.index.match(publication);
    if (wanted.empty()) return 0;
    queue::Message copy;
    copy.id = publication.id.empty() ? secure_random().uuid() : publication.id;
    copy.body = publication.body;
    copy.attributes = publication.attributes;
    copy.system[std::string(kTopic)] = name;
    if (!publication.event.empty())
      copy.system[std::string(queue::kEventAttribute)] = publication.event;
    if (!publication.subject.empty()) copy.system[std::string(kSubject)] = publication.subject;
    if (is_fifo(name)) {
      copy.group = publication.group;
      copy.deduplication = publication.deduplication;
    }
    for (const match::PatternId id : wanted) batch.send(topic.members.at(id).queue, copy);
    return wanted.size();
  }

 private:
  Result<void> commit(queue::Batch batch) {
    const auto committed = store_.commit(std::move(batch));
    if (committed.status == queue::CommitStatus::durable) return {};
    return fail(committed.reason);
  }

  // Its queue and its place in the index; replaces an older one of the same id.
  Result<void> open_member(Subscription subscription) {
    queue::QueueSettings settings;
    settings.fifo = is_fifo(subscription.topic);
    settings.retention = kRetention;
    settings.leases_end_with_process = true;
    auto queue =
        store_.open_queue(subscription_queue(subscription.topic, subscription.id), settings);
    if (!queue) return tl::unexpected(queue.error());
    std::unique_lock lock(mutex_);
    Topic& topic = topics_[subscription.topic];
    const auto known = topic.ids.find(subscription.id);
    if (known != topic.ids.end()) {
      topic.index.remove(known->second, topic.members.at(known->second).subscription);
      topic.members.erase(known->second);
    }
    const match::PatternId id = topic.next++;
    topic.index.add(id, subscription);
    topic.ids[subscription.id] = id;
    topic.members.emplace(id, Topic::Member{std::move(subscription), *queue});
    return {};
  }

  queue::Store& store_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace

std::string subscription_queue(std::string_view topic, std::string_view id) {
  return fmt::format(".sub.{}.{}", topic, id);
}

std::unique_ptr<Topics> Topics::over(queue::Store& store) {
  auto topics = std::make_unique<StoredTopics>(store);
  topics->load();
  return topics;
}

}  // namespace belfry::topic

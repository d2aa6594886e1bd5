#include "aws/sns_topics.h"

#include <fmt/format.h>

#include "aws/sns_delivery_policy.h"
#include "aws/sns_names.h"
#include "aws/sns_permissions.h"
#include "aws/sns_topic_attributes.h"

namespace belfry::aws::sns {
namespace {

constexpr size_t kMostTags = 50;
constexpr size_t kMostTopics = 100'000;

using Tags = std::map<std::string, std::string, std::less<>>;

Outcome<Tags> read_tags(const boost::json::array& given) {
  Tags tags;
  for (const auto& tag : given) {
    const std::string_view key = text_of(tag.get_object(), "Key");
    if (key.empty() || key.size() > 128)
      return refuse(invalid("Tag keys must have 1 to 128 characters."));
    if (!tags.emplace(key, text_of(tag.get_object(), "Value")).second)
      return refuse(invalid("Duplicated keys are not allowed."));
  }
  return tags;
}

Fault too_many_tags() {
  return {"TagLimitExceeded", "", "Could not complete request: tag quota of per resource exceeded"};
}

}  // namespace

Outcome<std::string> TopicActions::find(std::string_view arn, std::string_view parameter) const {
  auto name = topic_in_arn(arn, parameter);
  if (!name) return refuse(name.error());
  if (!context_.topics.settings(*name)) return refuse(not_found("Topic"));
  return std::move(*name);
}

Outcome<std::string> TopicActions::find_resource(const Input& input) const {
  auto name = topic_in_arn(text_of(input, "ResourceArn"), "ResourceArn");
  if (!name) return refuse(name.error());
  if (!context_.topics.settings(*name)) return refuse(resource_not_found());
  return std::move(*name);
}

template <class Change>
Answer TopicActions::change_record(const std::string& topic, Change change) {
  std::lock_guard lock(context_.mutex);
  TopicRecord record = read_record(context_.store, topic);
  if (auto changed = change(record); !changed) return changed.error();
  queue::Batch batch;
  batch.put(record_key(topic), encode(record));
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input();
}

Answer TopicActions::create(const Input& input, const Caller& caller) {
  const auto& given = object_of(input, "Attributes");
  const std::string_view fifo_text = text_of(given, "FifoTopic");
  if (!fifo_text.empty() && fifo_text != "true" && fifo_text != "false")
    return invalid("Attributes Reason: FifoTopic must be true or false");
  const bool fifo = fifo_text == "true";
  const std::string name(text_of(input, "Name"));
  if (auto good = check_topic_name(name, fifo); !good) return good.error();
  if (!text_of(input, "DataProtectionPolicy").empty())
    return unsupported("belfry does not look into messages: data protection policies are refused");
  const auto tags = read_tags(array_of(input, "Tags"));
  if (!tags) return tags.error();
  if (tags->size() > kMostTags) return too_many_tags();

  std::lock_guard lock(context_.mutex);
  const auto existing = context_.topics.settings(name);
  TopicRecord record = read_record(context_.store, name);
  topic::TopicSettings settings = existing.value_or(topic::TopicSettings{});
  TopicRecord wanted;
  for (const auto& [key, value] : given) {
    const std::string_view attribute(key.data(), key.size());
    if (attribute == "FifoTopic") continue;
    if (auto good = set_topic_attribute(attribute, view(value.get_string()), fifo,
                                        "Attributes Reason: ", wanted, settings);
        !good)
      return good.error();
  }
  if (existing) {
    for (const auto& [attribute, value] : wanted.attributes) {
      const auto has = record.attributes.find(attribute);
      if (has == record.attributes.end() || has->second != value)
        return invalid("Attributes Reason: Topic already exists with different attributes");
    }
    for (const auto& [key, value] : *tags)
      if (const auto has = record.tags.find(key); has == record.tags.end() || has->second != value)
        return invalid("Tags Reason: Topic already exists with different tags");
    return Input{{"TopicArn", topic_arn(name, caller)}};
  }
  if (context_.topics.topics().size() >= kMostTopics)
    return Fault{"TopicLimitExceeded", "", "Topic limit exceeded", 403};
  wanted.tags = *tags;
  queue::Batch batch;
  batch.put(record_key(name), encode(wanted));
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  if (auto made = context_.topics.configure(name, settings); !made)
    return unavailable(made.error().message);
  return Input{{"TopicArn", topic_arn(name, caller)}};
}

Answer TopicActions::remove(const Input& input, const Caller&) {
  const auto name = topic_in_arn(text_of(input, "TopicArn"), "TopicArn");
  if (!name) return name.error();
  if (context_.fixed_topics.contains(*name)) return declared("The topic " + *name);
  std::lock_guard lock(context_.mutex);
  context_.topics.delete_topic(*name);
  queue::Batch batch;
  batch.erase(record_key(*name));
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input();
}

Answer TopicActions::attributes(const Input& input, const Caller& caller) {
  const auto name = find(text_of(input, "TopicArn"));
  if (!name) return name.error();
  const auto settings = context_.topics.settings(*name);
  if (!settings) return not_found("Topic");
  TopicRecord record = read_record(context_.store, *name);
  const std::string arn = topic_arn(*name, caller);
  int64_t pending = 0, confirmed = 0;
  for (const auto& it : context_.topics.subscriptions(*name)) ++(it.pending ? pending : confirmed);
  Input out{{"TopicArn", arn},
            {"Owner", caller.account},
            {"DisplayName", ""},
            {"Policy", default_policy(arn, caller.account)},
            {"SubscriptionsConfirmed", std::to_string(confirmed)},
            {"SubscriptionsPending", std::to_string(pending)},
            {"SubscriptionsDeleted", std::to_string(record.subscriptions_deleted)},
            {"EffectiveDeliveryPolicy", effective_topic_policy(*settings)}};
  if (topic::is_fifo(*name)) {
    out["FifoTopic"] = "true";
    out["ContentBasedDeduplication"] = settings->content_deduplication ? "true" : "false";
  }
  for (const auto& [attribute, value] : record.attributes) out[attribute] = value;
  return Input{{"Attributes", std::move(out)}};
}

Answer TopicActions::set_attributes(const Input& input, const Caller&) {
  const auto name = find(text_of(input, "TopicArn"));
  if (!name) return name.error();
  auto settings = context_.topics.settings(*name);
  if (!settings) return not_found("Topic");
  const auto before = *settings;
  auto answer = change_record(*name, [&](TopicRecord& record) {
    return set_topic_attribute(text_of(input, "AttributeName"), text_of(input, "AttributeValue"),
                               topic::is_fifo(*name), "", record, *settings);
  });
  if (std::holds_alternative<Fault>(answer) || *settings == before) return answer;
  if (auto changed = context_.topics.configure(*name, *settings); !changed)
    return unavailable(changed.error().message);
  return answer;
}

Answer TopicActions::list(const Input& input, const Caller& caller) {
  const auto page = page_of(context_.topics.topics(), text_of(input, "NextToken"));
  if (!page) return page.error();
  boost::json::array topics;
  for (const auto& name : page->names)
    topics.push_back(Input{{"TopicArn", topic_arn(name, caller)}});
  Input out{{"Topics", std::move(topics)}};
  if (!page->next.empty()) out["NextToken"] = page->next;
  return out;
}

Answer TopicActions::tags(const Input& input, const Caller&) {
  const auto name = find_resource(input);
  if (!name) return name.error();
  boost::json::array tags;
  for (const auto& [key, value] : read_record(context_.store, *name).tags)
    tags.push_back(Input{{"Key", key}, {"Value", value}});
  return Input{{"Tags", std::move(tags)}};
}

Answer TopicActions::tag(const Input& input, const Caller&) {
  const auto name = find_resource(input);
  if (!name) return name.error();
  const auto tags = read_tags(array_of(input, "Tags"));
  if (!tags) return tags.error();
  return change_record(*name, [&](TopicRecord& record) -> Outcome<void> {
    for (const auto& [key, value] : *tags) record.tags[key] = value;
    if (record.tags.size() > kMostTags) return refuse(too_many_tags());
    return {};
  });
}

Answer TopicActions::untag(const Input& input, const Caller&) {
  const auto name = find_resource(input);
  if (!name) return name.error();
  return change_record(*name, [&](TopicRecord& record) -> Outcome<void> {
    for (const auto& key : array_of(input, "TagKeys"))
      record.tags.erase(std::string(view(key.get_string())));
    return {};
  });
}

Answer TopicActions::add_permission(const Input& input, const Caller& caller) {
  const auto name = find(text_of(input, "TopicArn"));
  if (!name) return name.error();
  return change_record(*name, [&](TopicRecord& record) -> Outcome<void> {
    const std::string arn = topic_arn(*name, caller);
    std::string& policy = record.attributes["Policy"];
    if (policy.empty()) policy = default_policy(arn, caller.account);
    return sns::add_permission(policy, arn, input);
  });
}

Answer TopicActions::remove_permission(const Input& input, const Caller& caller) {
  const auto name = find(text_of(input, "TopicArn"));
  if (!name) return name.error();
  return change_record(*name, [&](TopicRecord& record) -> Outcome<void> {
    std::string& policy = record.attributes["Policy"];
    if (policy.empty()) policy = default_policy(topic_arn(*name, caller), caller.account);
    return sns::remove_permission(policy, input);
  });
}

Answer TopicActions::data_protection(const Input& input, const Caller&) {
  if (const auto name = find_resource(input); !name) return name.error();
  return Input{{"DataProtectionPolicy", ""}};
}

Answer TopicActions::put_data_protection(const Input& input, const Caller&) {
  if (const auto name = find_resource(input); !name) return name.error();
  return unsupported("belfry does not look into messages: data protection policies are refused");
}

}  // namespace belfry::aws::sns

#include "aws/sns_subscriptions.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"
#include "aws/sns_names.h"
#include "aws/sns_record.h"
#include "aws/sns_subscription_attributes.h"
#include "topic/confirmation.h"

namespace belfry::aws::sns {
namespace {

constexpr char kPending[] = "pending confirmation", kPendingListed[] = "PendingConfirmation";

// Whether the subscription has what is asked for, by the attributes that are given.
bool has_attributes(const topic::Subscription& has, const topic::Subscription& wanted,
                    const Input& given) {
  const auto filter = [](const topic::Subscription& it) {
    return it.filter ? it.filter->text() : std::string();
  };
  const auto asked = [&](const char* name) { return given.contains(name); };
  return (!asked("FilterPolicy") || filter(has) == filter(wanted)) &&
         (!asked("FilterPolicyScope") || has.scope == wanted.scope) &&
         (!asked("RawMessageDelivery") || has.raw == wanted.raw) &&
         (!asked("DeliveryPolicy") || has.delivery_policy == wanted.delivery_policy) &&
         (!asked("RedrivePolicy") || has.dead_letter_queue == wanted.dead_letter_queue);
}

Outcome<void> read_attributes(const Input& given, topic::Subscription& subscription) {
  // The scope decides how the filter is read.
  for (const bool scope : {true, false})
    for (const auto& [key, value] : given) {
      const std::string_view name(key.data(), key.size());
      if ((name == "FilterPolicyScope") != scope) continue;
      if (auto good = set_subscription_attribute(name, view(value.get_string()),
                                                 "Attributes Reason: ", subscription);
          !good)
        return good;
    }
  return {};
}

bool is_token(std::string_view token) {
  return token.size() >= topic::kTokenDigits &&
         token.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Outcome<topic::Subscription> SubscriptionActions::find(const Input& input) const {
  const auto name = subscription_in_arn(text_of(input, "SubscriptionArn"));
  if (!name) return refuse(name.error());
  auto found = context_.topics.subscription(name->topic, name->id);
  if (!found) return refuse(not_found("Subscription"));
  return std::move(*found);
}

Outcome<void> SubscriptionActions::make(topic::Subscription subscription) {
  if (auto made = context_.topics.subscribe(std::move(subscription)); !made)
    return refuse(unavailable(made.error().message));
  return {};
}

Answer SubscriptionActions::subscribe(const Input& input, const Caller& caller) {
  const auto name = topic_in_arn(text_of(input, "TopicArn"), "TopicArn");
  if (!name) return name.error();
  if (!context_.topics.settings(*name)) return not_found("Topic");
  topic::Subscription wanted;
  wanted.topic = *name;
  wanted.protocol = text_of(input, "Protocol");
  wanted.endpoint = text_of(input, "Endpoint");
  if (auto good = check_endpoint(context_.store, *name, wanted.protocol, wanted.endpoint); !good)
    return good.error();
  const auto& attributes = object_of(input, "Attributes");
  if (auto good = read_attributes(attributes, wanted); !good) return good.error();

  std::lock_guard lock(context_.mutex);
  const auto all = context_.topics.subscriptions(*name);
  const auto known = std::find_if(all.begin(), all.end(), [&](const auto& it) {
    return it.protocol == wanted.protocol && it.endpoint == wanted.endpoint;
  });
  if (known != all.end() && !known->pending) {
    if (!has_attributes(*known, wanted, attributes))
      return invalid("Attributes Reason: Subscription already exists with different attributes");
    return Input{{"SubscriptionArn", subscription_arn(*name, known->id, caller)}};
  }
  wanted.id = known == all.end() ? context_.random.uuid() : known->id;
  wanted.region = caller.region;
  wanted.principal = caller.user_arn;
  wanted.created = context_.clock.now();
  wanted.pending = needs_confirmation(wanted.protocol);
  const std::string arn = subscription_arn(*name, wanted.id, caller);
  if (auto made = make(wanted); !made) return made.error();
  if (!wanted.pending) return Input{{"SubscriptionArn", arn}};
  queue::Batch batch;
  topic::ask(context_.store, context_.random, context_.clock.now(),
             topic::Notice::Type::subscription_confirmation, wanted, batch);
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input{{"SubscriptionArn", flag_field(input, "ReturnSubscriptionArn") ? arn : kPending}};
}

Answer SubscriptionActions::confirm(const Input& input, const Caller& caller) {
  const std::string_view token = text_of(input, "Token");
  const auto name = topic_in_arn(text_of(input, "TopicArn"), "Topic");
  if (!name) return invalid("Topic");
  if (!is_token(token)) return invalid_plain("Invalid token");
  std::lock_guard lock(context_.mutex);
  auto asked = topic::find_token(context_.store, token, context_.clock.now());
  if (!asked || !context_.topics.settings(asked->topic)) return invalid("Token");
  if (asked->topic != *name) return invalid("Topic");
  auto current = context_.topics.subscription(asked->topic, asked->id);
  // Once ended by its owner it stays so; only its endpoint's own leaving can be taken back.
  if (!current && asked->pending) return invalid("Token");
  topic::Subscription wanted = current ? *current : *asked;
  const bool guarded = text_of(input, "AuthenticateOnUnsubscribe") == "true";
  if (!current || wanted.pending || (guarded && !wanted.guarded_unsubscribe)) {
    if (wanted.pending) wanted.confirmed_by_owner = !caller.access_key.empty();
    wanted.pending = false;
    wanted.guarded_unsubscribe = guarded || wanted.guarded_unsubscribe;
    if (auto made = make(wanted); !made) return made.error();
  }
  // Whoever follows a link names no region.
  return Input{{"SubscriptionArn", context_.notices.arn(wanted)}};
}

Answer SubscriptionActions::unsubscribe(const Input& input, const Caller& caller) {
  const std::string_view arn = text_of(input, "SubscriptionArn");
  if (arn.empty()) return invalid("SubscriptionArn Reason: no value for required parameter");
  if (topic_in_arn(arn, "SubscriptionArn")) return invalid("SubscriptionId");
  const auto name = subscription_in_arn(arn);
  if (!name) return name.error();
  std::lock_guard lock(context_.mutex);
  const auto found = context_.topics.subscription(name->topic, name->id);
  if (!found) return Input();
  if (found->declared) return declared("The subscription " + found->id);
  const bool signed_by_nobody = caller.access_key.empty();
  if (found->guarded_unsubscribe && signed_by_nobody)
    return Fault{"AuthorizationError", "",
                 "This subscription can only be ended by a signed request", 403};
  context_.topics.unsubscribe(name->topic, name->id);
  count_ended(name->topic);
  if (signed_by_nobody && !found->pending && needs_confirmation(found->protocol)) {
    queue::Batch batch;
    topic::ask(context_.store, context_.random, context_.clock.now(),
               topic::Notice::Type::unsubscribe_confirmation, *found, batch);
    if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  }
  return Input();
}

void SubscriptionActions::count_ended(const std::string& topic) {
  TopicRecord record = read_record(context_.store, topic);
  ++record.subscriptions_deleted;
  queue::Batch batch;
  batch.put(record_key(topic), encode(record));
  (void)commit(context_.store, std::move(batch));
}

Answer SubscriptionActions::attributes(const Input& input, const Caller& caller) {
  const auto found = find(input);
  if (!found) return found.error();
  const auto settings = context_.topics.settings(found->topic);
  return Input{{"Attributes", subscription_attributes_json(
                                  *found, settings.value_or(topic::TopicSettings{}), caller)}};
}

Answer SubscriptionActions::set_attributes(const Input& input, const Caller&) {
  std::lock_guard lock(context_.mutex);
  auto found = find(input);
  if (!found) return found.error();
  if (found->declared) return declared("The subscription " + found->id);
  if (auto set = set_subscription_attribute(text_of(input, "AttributeName"),
                                            text_of(input, "AttributeValue"), "", *found);
      !set)
    return set.error();
  if (auto made = make(std::move(*found)); !made) return made.error();
  return Input();
}

// Pages run by topic and id.
Answer SubscriptionActions::page(const std::vector<topic::Subscription>& all, const Input& input,
                                 const Caller& caller) const {
  std::vector<std::string> names;
  std::map<std::string, const topic::Subscription*> by_name;
  for (const auto& it : all) {
    names.push_back(fmt::format("{}:{}", it.topic, it.id));
    by_name[names.back()] = &it;
  }
  std::sort(names.begin(), names.end());
  const auto page = page_of(names, text_of(input, "NextToken"));
  if (!page) return page.error();
  boost::json::array out;
  for (const auto& name : page->names) {
    const topic::Subscription& it = *by_name.at(name);
    out.push_back(Input{{"SubscriptionArn",
                         it.pending ? kPendingListed : subscription_arn(it.topic, it.id, caller)},
                        {"Owner", caller.account},
                        {"Protocol", it.protocol},
                        {"Endpoint", it.endpoint},
                        {"TopicArn", topic_arn(it.topic, caller)}});
  }
  Input answer{{"Subscriptions", std::move(out)}};
  if (!page->next.empty()) answer["NextToken"] = page->next;
  return answer;
}

Answer SubscriptionActions::list(const Input& input, const Caller& caller) {
  std::vector<topic::Subscription> all;
  for (const auto& topic : context_.topics.topics())
    for (auto& it : context_.topics.subscriptions(topic)) all.push_back(std::move(it));
  return page(all, input, caller);
}

Answer SubscriptionActions::list_by_topic(const Input& input, const Caller& caller) {
  const auto name = topic_in_arn(text_of(input, "TopicArn"), "TopicArn");
  if (!name) return name.error();
  if (!context_.topics.settings(*name)) return not_found("Topic");
  return page(context_.topics.subscriptions(*name), input, caller);
}

}  // namespace belfry::aws::sns

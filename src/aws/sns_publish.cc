#include "aws/sns_publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "aws/sns_message.h"
#include "aws/sns_names.h"
#include "aws/sns_sms.h"
#include "topic/direct.h"
#include "topic/platform.h"

namespace belfry::aws::sns {
namespace {

constexpr size_t kMostEntries = 10;
constexpr size_t kLongestEntryId = 80;

// How SQS and SNS write the numbers of FIFO messages.
std::string sequence_text(uint64_t sequence) {
  return fmt::format("{:020}", sequence);
}

Outcome<void> check_entry_id(std::string_view id) {
  if (id.empty() || id.size() > kLongestEntryId)
    return refuse(
        {"InvalidBatchEntryId", "",
         fmt::format("The Id of a batch entry in the batch request is too long: {}", id)});
  const bool good = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
  if (!good)
    return refuse({"InvalidBatchEntryId", "",
                   fmt::format("The Id of a batch entry in the batch request contains an "
                               "impermissible character: {}",
                               id)});
  return {};
}

// Number and ids of the entries.
Outcome<void> check_entries(const boost::json::array& entries) {
  if (entries.empty())
    return refuse({"EmptyBatchRequest", "", "The batch request doesn't contain any entries."});
  if (entries.size() > kMostEntries)
    return refuse({"TooManyEntriesInBatchRequest", "",
                   "The batch request contains more entries than permissible."});
  std::set<std::string_view> ids;
  for (const auto& entry : entries) {
    const std::string_view id = text_of(entry.get_object(), "Id");
    if (auto good = check_entry_id(id); !good) return good;
    if (!ids.insert(id).second)
      return refuse({"BatchEntryIdsNotDistinct", "",
                     "Two or more batch entries in the request have the same Id."});
  }
  return {};
}

// Commits; an empty batch has nothing to wait for.
void commit_then(queue::Store& store, queue::Batch batch, Callback<queue::Committed> done) {
  if (batch.empty()) {
    queue::Committed nothing;
    nothing.status = queue::CommitStatus::durable;
    return done(std::move(nothing));
  }
  store.commit(std::move(batch), std::move(done));
}

}  // namespace

void PublishActions::publish(const Input& input, const Caller& caller, Callback<Answer> done) {
  const std::string_view phone = text_of(input, "PhoneNumber"),
                         target = text_of(input, "TargetArn");
  if (input.contains("PhoneNumber")) {
    const std::string number = phone_number(phone);
    if (number.empty() || !phone.starts_with('+'))
      return done(invalid(fmt::format("PhoneNumber Reason: {} is not valid to publish to", phone)));
    return to_recipient(input, topic::kPhoneQueue, number, "sms", std::move(done));
  }
  const bool by_target = !input.contains("TopicArn");
  if (by_target && !input.contains("TargetArn"))
    return done(invalid("TopicArn or TargetArn Reason: no value for required parameter"));
  const std::string_view arn = by_target ? target : text_of(input, "TopicArn");
  const std::string_view parameter = by_target ? "TargetArn" : "TopicArn";
  if (by_target && arn.find(":endpoint/") != std::string_view::npos) {
    const auto endpoint = endpoint_in_arn(arn, parameter);
    if (!endpoint) return done(endpoint.error());
    const auto attributes = topic::read_platform(context_.store, *endpoint);
    if (!attributes)
      return done(invalid("TargetArn Reason: No endpoint found for the target arn specified"));
    const auto enabled = attributes->find("Enabled");
    if (enabled != attributes->end() && enabled->second == "false")
      return done(Fault{"EndpointDisabled", "", "Endpoint is disabled"});
    return to_recipient(input, topic::kDeviceQueue, *endpoint, topic::platform_of(*endpoint),
                        std::move(done));
  }
  const auto name = topic_in_arn(arn, parameter);
  if (!name) return done(name.error());
  to_topic(input, *name, caller, std::move(done));
}

void PublishActions::to_topic(const Input& input, const std::string& topic, const Caller& caller,
                              Callback<Answer> done) {
  const auto settings = context_.topics.settings(topic);
  if (!settings) return done(not_found("Topic"));
  auto publication = read_publication(input, "messageAttributes");
  if (!publication) return done(publication.error());
  if (size_of(input, *publication) > kLongestMessage) return done(invalid("Message too long"));
  if (auto good = read_order(input, topic, *settings, *publication); !good)
    return done(good.error());
  publication->id = context_.random.uuid();
  publication->trace = caller.trace;
  queue::Batch batch;
  context_.topics.publish(topic, *publication, batch);
  commit_then(context_.store, std::move(batch),
              [done = std::move(done), id = publication->id,
               fifo = topic::is_fifo(topic)](queue::Committed committed) mutable {
                if (committed.status != queue::CommitStatus::durable)
                  return done(unavailable(committed.reason));
                // A FIFO topic may know the message already: then it is the first one's.
                if (!fifo || committed.sent.empty()) return done(Input{{"MessageId", id}});
                done(Input{{"MessageId", committed.sent[0].id},
                           {"SequenceNumber", sequence_text(committed.sent[0].sequence)}});
              });
}

void PublishActions::to_recipient(const Input& input, std::string_view queue,
                                  const std::string& recipient, std::string_view protocol,
                                  Callback<Answer> done) {
  auto publication = read_publication(input, "messageAttributes");
  if (!publication) return done(publication.error());
  if (size_of(input, *publication) > kLongestMessage) return done(invalid("Message too long"));
  if (queue == topic::kPhoneQueue)
    if (auto good = check_sms_attributes(publication->attributes); !good) return done(good.error());
  const auto id = context_.store.find_queue(queue);
  if (!id) return done(unavailable("the queue of direct messages is missing"));
  const auto own = publication->bodies.find(protocol);
  queue::Message message;
  message.id = context_.random.uuid();
  message.body = own == publication->bodies.end() ? publication->body : own->second;
  message.attributes = std::move(publication->attributes);
  message.system[std::string(topic::kRecipient)] = recipient;
  if (!publication->subject.empty())
    message.system[std::string(topic::kSubject)] = publication->subject;
  queue::Batch batch;
  batch.send(*id, message);
  context_.store.commit(std::move(batch), [done = std::move(done),
                                           id = message.id](queue::Committed committed) mutable {
    if (committed.status != queue::CommitStatus::durable)
      return done(unavailable(committed.reason));
    done(Input{{"MessageId", id}});
  });
}

void PublishActions::publish_batch(const Input& input, const Caller& caller,
                                   Callback<Answer> done) {
  const auto topic = topic_in_arn(text_of(input, "TopicArn"), "TopicArn");
  if (!topic) return done(topic.error());
  const auto& entries = array_of(input, "PublishBatchRequestEntries");
  const auto settings = context_.topics.settings(*topic);
  if (!settings) return done(not_found("Topic"));
  if (auto good = check_entries(entries); !good) return done(good.error());

  struct Entry {
    std::string id;
    topic::Publication publication;
  };
  std::vector<Entry> good;
  boost::json::array failed;
  size_t size = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Input& entry = entries[i].get_object();
    const std::string_view id = text_of(entry, "Id");
    const std::string member = fmt::format("publishBatchRequestEntries.{}.member", i + 1);
    if (!entry.contains("Message")) return done(missing(member + ".message"));
    // Wrong attributes, a missing group or deduplication id and a structure without its default
    // fail the whole batch, as they do at AWS.
    if (auto attributes = read_message_attributes(object_of(entry, "MessageAttributes"),
                                                  member + ".messageAttributes");
        !attributes)
      return done(attributes.error());
    auto publication = read_publication(entry, member + ".messageAttributes");
    if (!publication && text_of(entry, "MessageStructure") == "json")
      return done(publication.error());
    if (publication) {
      size += size_of(entry, *publication);
      if (auto ordered = read_order(entry, *topic, *settings, *publication); !ordered)
        return done(ordered.error());
    }
    if (publication) {
      publication->id = context_.random.uuid();
      publication->trace = caller.trace;
      good.push_back({std::string(id), std::move(*publication)});
    } else {
      failed.push_back(Input{{"Id", id},
                             {"Code", publication.error().code},
                             {"Message", publication.error().message},
                             {"SenderFault", true}});
    }
  }
  if (size > kLongestMessage)
    return done(Fault{"BatchRequestTooLong", "",
                      "The length of all the messages put together is more than the limit."});
  queue::Batch batch;
  std::vector<std::pair<std::string, std::string>> ids;  // of entry and message
  for (const Entry& entry : good) {
    context_.topics.publish(*topic, entry.publication, batch);
    ids.emplace_back(entry.id, entry.publication.id);
  }
  commit_then(context_.store, std::move(batch),
              [done = std::move(done), ids = std::move(ids), failed = std::move(failed),
               fifo = topic::is_fifo(*topic)](queue::Committed committed) mutable {
                if (committed.status != queue::CommitStatus::durable)
                  return done(unavailable(committed.reason));
                boost::json::array sent;
                for (size_t i = 0; i < ids.size(); ++i) {
                  Input one{{"Id", ids[i].first}, {"MessageId", ids[i].second}};
                  if (fifo && i < committed.sent.size()) {
                    one["MessageId"] = committed.sent[i].id;
                    one["SequenceNumber"] = sequence_text(committed.sent[i].sequence);
                  }
                  sent.push_back(std::move(one));
                }
                done(Input{{"Successful", std::move(sent)}, {"Failed", std::move(failed)}});
              });
}

}  // namespace belfry::aws::sns

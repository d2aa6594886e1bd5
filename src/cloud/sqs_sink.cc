#include "cloud/sqs_sink.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <mutex>

#include "base/bytes.h"
#include "cloud/batches.h"

namespace belfry::cloud {

namespace {

namespace json = boost::json;

json::object attributes_of(const queue::Attributes& attributes) {
  json::object object;
  for (const auto& [name, attribute] : attributes) {
    json::object value{{"DataType", attribute.type}};
    if (attribute.type.starts_with("Binary"))
      value["BinaryValue"] = base64(attribute.value);
    else
      value["StringValue"] = attribute.value;
    object[name] = std::move(value);
  }
  return object;
}

Result<json::object> parse_object(const std::string& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object()) return fail("the answer is no JSON object");
  return std::move(value.get_object());
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

class SqsSink final : public pipeline::Sink, public std::enable_shared_from_this<SqsSink> {
 public:
  SqsSink(Caller& caller, std::string queue)
      : caller_(caller), queue_(std::move(queue)), fifo_(is_fifo_queue(queue_)) {
    if (queue_.find("://") != std::string::npos) url_ = queue_;
  }

  size_t most_items() const override { return 10; }

  void send(const std::vector<pipeline::Item>& items, Callback<Outcomes> done) override {
    if (!url().empty()) return send_all(items, std::move(done));
    caller_.call(json_call("sqs", "1.0", "AmazonSQS.GetQueueUrl",
                           json::serialize(json::object{{"QueueName", queue_}})),
                 [self = shared_from_this(), &items, done = std::move(done)](Reply reply) mutable {
                   self->found(items, std::move(reply), std::move(done));
                 });
  }

 private:
  std::string url() const {
    std::lock_guard lock(mutex_);
    return url_;
  }

  void found(const std::vector<pipeline::Item>& items, Reply reply, Callback<Outcomes> done) {
    std::string reason;
    if (const auto* refusal = std::get_if<Refusal>(&reply)) {
      reason = describe(*refusal);
    } else if (auto answer = parse_object(std::get<Answer>(reply).body); !answer) {
      reason = answer.error().message;
    } else {
      std::lock_guard lock(mutex_);
      url_ = text_of(*answer, "QueueUrl");
    }
    // A queue that is not there yet may be made: nothing is lost by waiting for it.
    if (!reason.empty() || url().empty())
      return done(all_retry(items.size(), fmt::format("the queue {}: {}", queue_, reason)));
    send_all(items, std::move(done));
  }

  void send_all(const std::vector<pipeline::Item>& items, Callback<Outcomes> done) {
    send_in_batches(
        items, {},
        [self = shared_from_this(), &items](std::vector<size_t> indices, Callback<Outcomes> got) {
          self->send_batch(items, std::move(indices), std::move(got));
        },
        std::move(done));
  }

  void send_batch(const std::vector<pipeline::Item>& items, std::vector<size_t> indices,
                  Callback<Outcomes> done) {
    json::array entries;
    for (size_t i = 0; i < indices.size(); ++i) {
      const pipeline::Content& content = *items[indices[i]].content;
      json::object entry{{"Id", std::to_string(i)}, {"MessageBody", content.body}};
      if (!content.attributes.empty())
        entry["MessageAttributes"] = attributes_of(content.attributes);
      if (fifo_) {
        entry["MessageGroupId"] = content.group;
        entry["MessageDeduplicationId"] = content.id;
      }
      entries.push_back(std::move(entry));
    }
    const size_t count = indices.size();
    caller_.call(json_call("sqs", "1.0", "AmazonSQS.SendMessageBatch",
                           json::serialize(
                               json::object{{"QueueUrl", url()}, {"Entries", std::move(entries)}})),
                 [self = shared_from_this(), count, done = std::move(done)](Reply reply) mutable {
                   done(outcomes_of(reply, count));
                 });
  }

  static Outcomes outcomes_of(const Reply& reply, size_t count) {
    // The whole request was refused, for a reason that lies in no single event: a person will mend
    // the queue, its policy or the keys, and then everything goes on.
    if (const auto* refusal = std::get_if<Refusal>(&reply))
      return all_retry(count, describe(*refusal), refusal->retry_after);
    Outcomes outcomes = all_retry(count, "the answer does not mention it");
    auto answer = parse_object(std::get<Answer>(reply).body);
    if (!answer) return outcomes;
    const auto each = [&](std::string_view list, const auto& use) {
      const auto* entries = answer->if_contains(list);
      if (!entries || !entries->is_array()) return;
      for (const auto& entry : entries->get_array()) {
        if (!entry.is_object()) continue;
        const std::string id = text_of(entry.get_object(), "Id");
        if (id.size() == 1 && static_cast<size_t>(id[0] - '0') < count)
          outcomes[static_cast<size_t>(id[0] - '0')] = use(entry.get_object());
      }
    };
    each("Successful", [](const json::object&) { return pipeline::Outcome::done(); });
    each("Failed", [](const json::object& entry) {
      const auto* sender = entry.if_contains("SenderFault");
      const std::string reason =
          fmt::format("{}: {}", text_of(entry, "Code"), text_of(entry, "Message"));
      return sender && sender->is_bool() && sender->get_bool()
                 ? pipeline::Outcome::permanent(reason)
                 : pipeline::Outcome::retry(reason);
    });
    return outcomes;
  }

  Caller& caller_;
  const std::string queue_;
  const bool fifo_;
  mutable std::mutex mutex_;
  std::string url_;
};

}  // namespace

bool is_fifo_queue(std::string_view queue) {
  return queue.ends_with(".fifo");
}

std::shared_ptr<pipeline::Sink> sqs_sink(Caller& caller, std::string queue) {
  return std::make_shared<SqsSink>(caller, std::move(queue));
}

}  // namespace belfry::cloud

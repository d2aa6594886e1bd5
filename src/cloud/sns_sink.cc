#include "cloud/sns_sink.h"

#include <fmt/format.h>

#include <pugixml.hpp>

#include "base/bytes.h"
#include "cloud/batches.h"
#include "http/url.h"

namespace belfry::cloud {

namespace {

constexpr BatchBounds kBounds{10, 256 << 10};

class Form {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class SnsSink final : public pipeline::Sink, public std::enable_shared_from_this<SnsSink> {
 public:
  SnsSink(Caller& caller, std::string topic)
      : caller_(caller), topic_(std::move(topic)), fifo_(topic_.ends_with(".fifo")) {}

  size_t most_items() const override { return kBounds.entries; }

  void send(const std::vector<pipeline::Item>& items, Callback<Outcomes> done) override {
    send_in_batches(
        items, kBounds,
        [self = shared_from_this(), &items](std::vector<size_t> indices, Callback<Outcomes> got) {
          self->publish(items, indices, std::move(got));
        },
        std::move(done));
  }

 private:
  void publish(const std::vector<pipeline::Item>& items, const std::vector<size_t>& indices,
               Callback<Outcomes> done) {
    Form form;
    form.add("Action", "PublishBatch");
    form.add("Version", "2010-03-31");
    form.add("TopicArn", topic_);
    for (size_t i = 0; i < indices.size(); ++i) {
      const pipeline::Content& content = *items[indices[i]].content;
      const std::string entry = fmt::format("PublishBatchRequestEntries.member.{}.", i + 1);
      form.add(entry + "Id", std::to_string(i));
      form.add(entry + "Message", content.body);
      if (fifo_) {
        form.add(entry + "MessageGroupId", content.group);
        form.add(entry + "MessageDeduplicationId", content.id);
      }
      size_t number = 0;
      for (const auto& [name, attribute] : content.attributes) {
        const std::string prefix = fmt::format("{}MessageAttributes.entry.{}.", entry, ++number);
        form.add(prefix + "Name", name);
        form.add(prefix + "Value.DataType", attribute.type);
        if (attribute.type.starts_with("Binary"))
          form.add(prefix + "Value.BinaryValue", base64(attribute.value));
        else
          form.add(prefix + "Value.StringValue", attribute.value);
      }
    }
    Call call;
    call.service = "sns";
    call.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    call.body = form.take();
    caller_.call(std::move(call), [count = indices.size(), done = std::move(done)](
                                      Reply reply) mutable { done(outcomes_of(reply, count)); });
  }

  static Outcomes outcomes_of(const Reply& reply, size_t count) {
    // As in sqs_sink.cc: a refusal of the whole request lies in no single event.
    if (const auto* refusal = std::get_if<Refusal>(&reply))
      return all_retry(count, describe(*refusal), refusal->retry_after);
    Outcomes outcomes = all_retry(count, "the answer does not mention it");
    pugi::xml_document document;
    const std::string& body = std::get<Answer>(reply).body;
    if (!document.load_buffer(body.data(), body.size())) return outcomes;
    const auto result = document.select_node("//*[local-name()='PublishBatchResult']").node();
    const auto each = [&](const char* list, const auto& use) {
      for (const auto& member : result.child(list).children("member")) {
        const std::string_view id = member.child_value("Id");
        if (id.size() == 1 && static_cast<size_t>(id[0] - '0') < count)
          outcomes[static_cast<size_t>(id[0] - '0')] = use(member);
      }
    };
    each("Successful", [](const pugi::xml_node&) { return pipeline::Outcome::done(); });
    each("Failed", [](const pugi::xml_node& member) {
      const std::string reason =
          fmt::format("{}: {}", member.child_value("Code"), member.child_value("Message"));
      return std::string_view(member.child_value("SenderFault")) == "true"
                 ? pipeline::Outcome::permanent(reason)
                 : pipeline::Outcome::retry(reason);
    });
    return outcomes;
  }

  Caller& caller_;
  const std::string topic_;
  const bool fifo_;
};

}  // namespace

std::shared_ptr<pipeline::Sink> sns_sink(Caller& caller, std::string topic) {
  return std::make_shared<SnsSink>(caller, std::move(topic));
}

}  // namespace belfry::cloud

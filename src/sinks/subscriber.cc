#include "sinks/subscriber.h"

#include "topic/topics.h"

namespace belfry::sinks {
namespace {

std::string system_of(const queue::Message& message, std::string_view name) {
  const auto found = message.system.find(std::string(name));
  return found == message.system.end() ? std::string() : found->second;
}

class WithLetters final : public pipeline::Handler {
 public:
  WithLetters(std::shared_ptr<pipeline::Handler> handler, Subscriber subscriber)
      : handler_(std::move(handler)), subscriber_(std::move(subscriber)) {}

  void handle(const queue::Received& message, Callback<pipeline::Outcome> done) override {
    handler_->handle(message, std::move(done));
  }

  std::optional<queue::Message> dead_letter(const queue::Received& copy) override {
    queue::Message letter = copy.message;
    letter.id.clear();
    if (subscriber_.subscription.raw) return letter;
    letter.body = subscriber_.notice(copy).document(subscriber_.subscription);
    letter.attributes.clear();
    return letter;
  }

 private:
  const std::shared_ptr<pipeline::Handler> handler_;
  const Subscriber subscriber_;
};

}  // namespace

topic::Notice Subscriber::notice(const queue::Received& copy) const {
  return topic::Notice(notices, {.id = copy.message.id,
                                 .subject = system_of(copy.message, topic::kSubject),
                                 .message = copy.message.body,
                                 .time = copy.sent,
                                 .attributes = copy.message.attributes,
                                 .sequence = system_of(copy.message, topic::kSequence),
                                 .signature_version = signature_version});
}

std::shared_ptr<pipeline::Handler> with_letters(std::shared_ptr<pipeline::Handler> handler,
                                                Subscriber subscriber) {
  return std::make_shared<WithLetters>(std::move(handler), std::move(subscriber));
}

}  // namespace belfry::sinks

#include "sinks/mail_handler.h"

#include <fmt/format.h>

namespace belfry::sinks {
namespace {

class MailHandler final : public pipeline::Handler {
 public:
  MailHandler(Mailer& mailer, Subscriber subscriber)
      : mailer_(mailer), subscriber_(std::move(subscriber)) {}

  void handle(const queue::Received& copy, Callback<pipeline::Outcome> done) override {
    mailer_.send(mail_of(subscriber_, copy), std::move(done));
  }

 private:
  Mailer& mailer_;
  const Subscriber subscriber_;
};

}  // namespace

Mail mail_of(const Subscriber& subscriber, const queue::Received& copy) {
  const topic::Subscription& subscription = subscriber.subscription;
  topic::Notice notice = subscriber.notice(copy);
  Mail mail;
  mail.to = subscription.endpoint;
  mail.id = copy.message.id;
  mail.subject = notice.content().subject.empty()
                     ? fmt::format("Notification from {}", subscription.topic)
                     : notice.content().subject;
  if (!subscription.declared)
    mail.unsubscribe_url = subscriber.notices.unsubscribe_url(subscription);
  if (subscription.protocol == "email-json") {
    mail.text = notice.document(subscription);
    return mail;
  }
  mail.text = copy.message.body;
  if (!mail.unsubscribe_url.empty())
    mail.text +=
        fmt::format("\n\n--\nTo get no more of these messages, visit\n{}\n", mail.unsubscribe_url);
  return mail;
}

std::shared_ptr<pipeline::Handler> mail_handler(Mailer& mailer, Subscriber subscriber) {
  return std::make_shared<MailHandler>(mailer, std::move(subscriber));
}

}  // namespace belfry::sinks

#include "sinks/confirmation_handler.h"

#include <fmt/format.h>

#include "sinks/webhook.h"
#include "topic/confirmation.h"

namespace belfry::sinks {
namespace {

using pipeline::Outcome;
using topic::Notice;

class ConfirmationHandler final : public pipeline::Handler {
 public:
  explicit ConfirmationHandler(ConfirmationSettings settings) : settings_(settings) {}

  void handle(const queue::Received& received, Callback<Outcome> done) override {
    const auto confirmation = topic::read_confirmation(received.message);
    if (!confirmation) return done(Outcome::permanent("it is no request for a confirmation"));
    const topic::Subscription& subscription = confirmation->subscription;
    const auto topic = settings_.topics.settings(subscription.topic);
    Notice notice(settings_.notices,
                  {.type = confirmation->type,
                   .id = received.message.id,
                   .message = topic::confirmation_text(*confirmation, settings_.notices),
                   .time = received.sent,
                   .token = confirmation->token,
                   .signature_version = topic ? topic->signature_version : 1});
    const bool http = subscription.protocol == "http" || subscription.protocol == "https";
    if (http && settings_.client) return post(notice, subscription, std::move(done));
    Mail mail = mail_of(*confirmation, notice);
    if (!http && settings_.mailer) return settings_.mailer->send(std::move(mail), std::move(done));
    keep(received, subscription, mail, std::move(done));
  }

 private:
  void post(Notice& notice, const topic::Subscription& subscription, Callback<Outcome> done) {
    settings_.client->send(
        webhook_request(settings_.notices, notice, subscription, notice.document(subscription)),
        [&clock = settings_.clock, done = std::move(done)](http::Response response) mutable {
          done(webhook_outcome(response, clock.now()));
        });
  }

  Mail mail_of(const topic::Confirmation& confirmation, Notice& notice) const {
    const topic::Subscription& subscription = confirmation.subscription;
    const bool ends = confirmation.type == Notice::Type::unsubscribe_confirmation;
    const std::string arn = settings_.notices.topic_arn(subscription.topic, subscription.region);
    const std::string url = settings_.notices.subscribe_url(arn, confirmation.token);
    Mail mail;
    mail.to = subscription.endpoint;
    mail.id = notice.content().id;
    mail.subject = ends ? fmt::format("You no longer get messages of {}", subscription.topic)
                        : fmt::format("Do you want messages of {}?", subscription.topic);
    if (subscription.protocol == "email-json") {
      mail.text = notice.document(subscription);
    } else if (ends) {
      mail.text = fmt::format(
          "The subscription of this address to the topic\n{}\nhas ended. To take that back, "
          "visit\n{}\n",
          arn, url);
    } else {
      mail.text = fmt::format(
          "Somebody subscribed this address to the topic\n{}\nTo confirm that you want its "
          "messages, visit\n{}\nIf you do not, do nothing: nothing will be sent.\n",
          arn, url);
    }
    return mail;
  }

  void keep(const queue::Received& received, const topic::Subscription& subscription,
            const Mail& mail, Callback<Outcome> done) {
    NoteWriter note;
    note.add("time", to_rfc3339(settings_.clock.now()))
        .add("protocol", subscription.protocol)
        .add("to", mail.to)
        .add("subject", mail.subject)
        .add("text", mail.text)
        .add("topic", subscription.topic)
        .add("message_id", received.message.id);
    queue::Batch effects;
    settings_.outbox.add(effects, note.finish());
    done(Outcome::done(std::move(effects)));
  }

  const ConfirmationSettings settings_;
};

}  // namespace

std::shared_ptr<pipeline::Handler> confirmation_handler(ConfirmationSettings settings) {
  return std::make_shared<ConfirmationHandler>(settings);
}

}  // namespace belfry::sinks

#include "sinks/sms_handler.h"

#include "topic/direct.h"

namespace belfry::sinks {
namespace {

using pipeline::Outcome;

class SmsHandler final : public pipeline::Handler {
 public:
  SmsHandler(SmsSender& sender, NoteQueue& log, Clock& clock, std::string phone)
      : sender_(sender),
        log_(log),
        clock_(clock),
        phone_(std::move(phone)),
        provider_(sender.status().provider) {}

  void handle(const queue::Received& received, Callback<Outcome> done) override {
    const std::string phone = recipient_of(received.message, phone_);
    if (topic::is_opted_out(log_.store(), phone))
      return done(Outcome::permanent(phone + " has opted out of messages"));
    sender_.send({phone, received.message.body},
                 [this, &received, done = std::move(done)](SmsResult result) mutable {
                   done(outcome(received, std::move(result)));
                 });
  }

 private:
  Outcome outcome(const queue::Received& received, SmsResult result) {
    switch (result.next) {
      case SmsResult::Next::retry:
        return Outcome::retry(std::move(result.reason), result.retry_after);
      case SmsResult::Next::permanent:
        return Outcome::permanent(std::move(result.reason));
      case SmsResult::Next::accepted:
        break;
    }
    NoteWriter note;
    note.add("time", to_rfc3339(clock_.now()))
        .add("kind", "accepted")
        .add("protocol", "sms")
        .add("provider", provider_)
        .add("to", recipient_of(received.message, phone_))
        .add("parts", result.parts)
        .add("provider_ids", result.ids);
    add_origin(note, received);
    queue::Batch effects;
    log_.add(effects, note.finish());
    return Outcome::done(std::move(effects));
  }

  SmsSender& sender_;
  NoteQueue& log_;
  Clock& clock_;
  const std::string phone_, provider_;
};

}  // namespace

std::unique_ptr<pipeline::Handler> sms_handler(SmsSender& sender, NoteQueue& log, Clock& clock,
                                               std::string phone) {
  return std::make_unique<SmsHandler>(sender, log, clock, std::move(phone));
}

KeepReceipt receipt_keeper(NoteQueue& log, Clock& clock, std::string provider) {
  return [&log, &clock, provider = std::move(provider)](SmsReceipt receipt, Callback<bool> kept) {
    NoteWriter note;
    note.add("time", to_rfc3339(clock.now()))
        .add("kind", "receipt")
        .add("provider", provider)
        .add("provider_id", receipt.id)
        .add("state", receipt.state)
        .add("error", receipt.error)
        .add("to", receipt.to);
    queue::Batch batch;
    log.add(batch, note.finish());
    log.store().commit(std::move(batch),
                       [kept = std::move(kept)](queue::Committed committed) mutable {
                         kept(committed.status == queue::CommitStatus::durable);
                       });
  };
}

}  // namespace belfry::sinks

#include "sinks/outbox.h"

#include "sinks/sms_message.h"
#include "topic/direct.h"

namespace belfry::sinks {
namespace {

using pipeline::Outcome;

class OutboxHandler final : public pipeline::Handler {
 public:
  OutboxHandler(NoteQueue& outbox, Clock& clock, std::string protocol, std::string endpoint)
      : outbox_(outbox),
        clock_(clock),
        protocol_(std::move(protocol)),
        endpoint_(std::move(endpoint)) {}

  void handle(const queue::Received& received, Callback<Outcome> done) override {
    const bool sms = protocol_ == "sms";
    const std::string to = recipient_of(received.message, endpoint_);
    if (sms) {
      if (auto problem = phone_number_problem(to))
        return done(Outcome::permanent(std::move(*problem)));
      if (topic::is_opted_out(outbox_.store(), to))
        return done(Outcome::permanent(to + " has opted out of messages"));
    }
    NoteWriter note;
    note.add("time", to_rfc3339(clock_.now()))
        .add("protocol", protocol_)
        .add("to", to)
        .add("text", received.message.body);
    if (sms) note.add("parts", split_sms(received.message.body).parts.size());
    add_origin(note, received);
    queue::Batch effects;
    outbox_.add(effects, note.finish());
    done(Outcome::done(std::move(effects)));
  }

 private:
  NoteQueue& outbox_;
  Clock& clock_;
  const std::string protocol_, endpoint_;
};

}  // namespace

std::unique_ptr<pipeline::Handler> outbox_handler(NoteQueue& outbox, Clock& clock,
                                                  std::string protocol, std::string endpoint) {
  return std::make_unique<OutboxHandler>(outbox, clock, std::move(protocol), std::move(endpoint));
}

}  // namespace belfry::sinks

// Asks endpoints whether they want their subscriptions (topic/confirmation.h): posts SNS's document
// to an HTTP endpoint, writes a mail with a link, or without a mailer puts it into the outbox.
#pragma once

#include <memory>

#include "base/clock.h"
#include "http/client.h"
#include "pipeline/handler.h"
#include "sinks/mail.h"
#include "sinks/note.h"
#include "topic/topics.h"

namespace belfry::sinks {

// Without a client, or without a mailer, what they would send goes to the outbox. Everything must
// outlive it and what it has under way.
struct ConfirmationSettings {
  topic::Notices& notices;
  topic::Topics& topics;
  Clock& clock;
  NoteQueue& outbox;
  http::Client* client = nullptr;
  Mailer* mailer = nullptr;
};
std::shared_ptr<pipeline::Handler> confirmation_handler(ConfirmationSettings settings);

}  // namespace belfry::sinks

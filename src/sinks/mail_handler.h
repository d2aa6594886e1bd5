// E-mail subscriptions (email, email-json): each copy as a mail, through a mailer.
#pragma once

#include <memory>

#include "pipeline/handler.h"
#include "sinks/mail.h"
#include "sinks/subscriber.h"

namespace belfry::sinks {

// The mailer must outlive it and what it has under way.
std::shared_ptr<pipeline::Handler> mail_handler(Mailer& mailer, Subscriber subscriber);

// The mail of a copy: its text with a link to end the subscription, or for email-json the document.
Mail mail_of(const Subscriber& subscriber, const queue::Received& copy);

}  // namespace belfry::sinks

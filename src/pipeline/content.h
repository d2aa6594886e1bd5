// What an event looks like as a message: its body and the attributes that subscriptions filter on.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "event/event.h"
#include "pipeline/destination.h"

namespace belfry::pipeline {

// A listener's own form of the body (functions/body.h makes one of a template). Empty: the event's
// JSON. An error: this event does not fit the form; it goes to the dead letters, reason first.
using Body = std::function<Result<std::string>(const event::Event&)>;

// kind, channel, chaincode and event (where the event has them), then the payload's top-level
// strings and numbers in their order, ten in all, as many as Amazon SQS takes. Left out: names that
// SQS refuses or that are taken, empty values and values of more than 1,024 bytes. Numbers are of
// type Number, digits as written.
queue::Attributes attributes_of(const event::Event& event);

// With an empty body function the event's JSON.
std::shared_ptr<const Content> content_of(const event::Event& event, const Body& body);

// A UUID that is always the same for the same event, as a queue's message id: version 8, from
// SHA-256 of the event's id.
std::string message_id(std::string_view event_id);

// As a message of a queue: its id message_id(), the event's id beside it as queue::kEventAttribute.
queue::Message message_of(const Content& content);

}  // namespace belfry::pipeline

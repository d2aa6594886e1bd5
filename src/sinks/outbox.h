// The outbox: a durable local inbox where messages to people stay when no provider is named. What a
// subscription sends there becomes durable in one batch with its acknowledgement, so nothing is
// doubled.
//
// An entry is a JSON object on one line:
//   {"time":"2026-11-24T02:20:11.123456789Z","protocol":"sms","to":"+15555550100","text":"…","parts":1,
//    "topic":"news","message_id":"…","event_id":"…"}
// parts: text messages a phone would have got; only for sms. topic, event_id: if known.
#pragma once

#include <memory>

#include "base/clock.h"
#include "pipeline/handler.h"
#include "sinks/note.h"

namespace belfry::sinks {

inline constexpr const char* kOutboxQueue = ".outbox";

// Serves one subscription: protocol and endpoint are its own. For sms an endpoint that is no phone
// number is permanently refused. Clock and outbox must outlive it.
std::unique_ptr<pipeline::Handler> outbox_handler(NoteQueue& outbox, Clock& clock,
                                                  std::string protocol, std::string endpoint);

}  // namespace belfry::sinks

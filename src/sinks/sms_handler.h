// An SMS subscription: sends each message of its queue to one phone, and keeps a log of what the
// provider took and what became of it.
//
// The log's entries (queue ".sent") are JSON objects on one line, of two kinds:
//   {"time":"…","kind":"accepted","protocol":"sms","provider":"smpp
//   smsc.example.net:2775","to":"+15555550100",
//    "parts":2,"provider_ids":["4f1","4f2"],"topic":"news","message_id":"…","event_id":"…"}
//   {"time":"…","kind":"receipt","provider":"…","provider_id":"4f2","state":"DELIVERED","error":"000","to":"+15555550100"}
// The first becomes durable in one batch with the message's acknowledgement. A crash between the
// provider's answer and that batch sends the message again: at least once.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "pipeline/handler.h"
#include "sinks/note.h"
#include "sinks/sms_sender.h"

namespace belfry::sinks {

inline constexpr const char* kSentQueue = ".sent";

// Sender, log and clock must outlive it. A message that names its recipient itself (topic/direct.h)
// goes there. Phones that have opted out get nothing.
std::unique_ptr<pipeline::Handler> sms_handler(SmsSender& sender, NoteQueue& log, Clock& clock,
                                               std::string phone);

// Writes receipts to the log. Log and clock must outlive the sender that is given it.
KeepReceipt receipt_keeper(NoteQueue& log, Clock& clock, std::string provider);

}  // namespace belfry::sinks

// The JSON and CloudEvents forms of an event, as docs/events.md shows them.
#pragma once

#include <optional>
#include <string>

#include "event/event.h"

namespace belfry::event {

// The payload, verbatim but for white space between tokens, when there is one and its bytes are
// valid JSON (event/compact_json.h says what that means). A number keeps its digits as written.
std::optional<std::string> payload_json(const Event& event);

// Appends one object on one line, fields in a fixed order, absent ones left out. The payload stands
// as `payload` when it is JSON, otherwise as `payload_base64`.
void append_json(std::string& out, const Event& event);
// The same for who has asked payload_json(event) already.
void append_json(std::string& out, const Event& event,
                 const std::optional<std::string>& payload_json);

// CloudEvents 1.0, structured mode (application/cloudevents+json): id = the event's id, source =
// /network/channel, type = belfry.KIND, subject = chaincode/event, time, data = the object above.
void append_cloudevent(std::string& out, const Event& event);

}  // namespace belfry::event

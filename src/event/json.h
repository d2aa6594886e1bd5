// The JSON and CloudEvents forms of an event, as docs/surface.md shows them.
#pragma once

#include <string>

#include "event/event.h"

namespace belfry::event {

// Appends one object on one line, fields in a fixed order, absent ones left out. The payload stands as `payload`,
// verbatim but for white space between tokens, when its bytes are valid JSON (no byte-order mark, UTF-8, one
// value), otherwise as `payload_base64`. A number keeps its digits as written.
void append_json(std::string& out, const Event& event);

// CloudEvents 1.0, structured mode (application/cloudevents+json): id = the event's id, source =
// /network/channel, type = belfry.KIND, subject = chaincode/event, time, data = the object above.
void append_cloudevent(std::string& out, const Event& event);

}  // namespace belfry::event

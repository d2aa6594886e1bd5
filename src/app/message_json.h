// A message as the admin API shows it.
#pragma once

#include <boost/json/object.hpp>

#include "queue/message.h"

namespace belfry::app {

// {"sequence", "id", "sent", "receives", "body" or "body_base64", "attributes": {name: value},
// "system": {…}}.
boost::json::object message_json(const queue::Received& received);

}  // namespace belfry::app

#include "app/message_json.h"

#include <boost/json.hpp>

#include "base/bytes.h"

namespace belfry::app {

boost::json::object message_json(const queue::Received& received) {
  const queue::Message& message = received.message;
  boost::json::object out{{"sequence", received.sequence},
                          {"id", message.id},
                          {"sent", to_rfc3339(received.sent)},
                          {"receives", received.receives}};
  if (is_utf8(message.body))
    out["body"] = message.body;
  else
    out["body_base64"] = base64(message.body);
  if (!message.group.empty()) out["group"] = message.group;
  boost::json::object attributes, system;
  for (const auto& [name, attribute] : message.attributes)
    attributes[name] = is_utf8(attribute.value) ? attribute.value : base64(attribute.value);
  for (const auto& [name, value] : message.system)
    system[name] = is_utf8(value) ? value : base64(value);
  if (!attributes.empty()) out["attributes"] = std::move(attributes);
  if (!system.empty()) out["system"] = std::move(system);
  return out;
}

}  // namespace belfry::app

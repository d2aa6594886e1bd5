// What works on messages: a function, or a sender to the outside (an SMS provider, a webhook, the
// outbox).
#pragma once

#include <optional>

#include "base/callback.h"
#include "pipeline/outcome.h"
#include "queue/message.h"

namespace belfry::pipeline {

// One message at a time per call; many calls may be under way at once, up to the worker's limit.
// `message` stays valid until done was called; done is called exactly once, from any thread, also
// while handle() still runs.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(const queue::Received& message, Callback<Outcome> done) = 0;
  // What is to go to the dead letters in a message's stead; none: the message itself.
  virtual std::optional<queue::Message> dead_letter(const queue::Received& message);
};

}  // namespace belfry::pipeline

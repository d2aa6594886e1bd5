// A function without code: renders a template for each message and sends the text on, to topics or
// queues, together with the message's removal.
#pragma once

#include <memory>
#include <optional>

#include "functions/sending.h"
#include "functions/template.h"
#include "pipeline/handler.h"

namespace belfry::functions {

// The message's attributes travel with the text, so that subscriptions filter on them. A message
// that the template does not fit is refused for good, with the field that is not there.
class TemplateHandler final : public pipeline::Handler {
 public:
  // subject: none, or of what is published to topics.
  TemplateHandler(Template text, std::optional<Template> subject, Sending sending);
  void handle(const queue::Received& message, Callback<pipeline::Outcome> done) override;

 private:
  pipeline::Outcome work(const queue::Received& message);

  const Template text_;
  const std::optional<Template> subject_;
  const Sending sending_;
};

}  // namespace belfry::functions

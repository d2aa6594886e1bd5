// A function without code: renders a template for each message and sends the text on, to topics or
// queues, together with the message's removal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "functions/template.h"
#include "pipeline/handler.h"
#include "topic/topics.h"

namespace belfry::functions {

struct ToTopic {
  std::string name;
};
struct ToQueue {
  queue::QueueId id = 0;
};

// The message's attributes travel with the text, so that subscriptions filter on them. A message
// that the template does not fit is refused for good, with the field that is not there.
class TemplateHandler final : public pipeline::Handler {
 public:
  // subject: none, or of what is published to topics. topics must outlive the handler.
  TemplateHandler(Template text, std::optional<Template> subject,
                  std::vector<std::variant<ToTopic, ToQueue>> to, topic::Topics& topics);
  void handle(const queue::Received& message, Callback<pipeline::Outcome> done) override;

 private:
  pipeline::Outcome work(const queue::Received& message);

  const Template text_;
  const std::optional<Template> subject_;
  const std::vector<std::variant<ToTopic, ToQueue>> to_;
  topic::Topics& topics_;
};

}  // namespace belfry::functions

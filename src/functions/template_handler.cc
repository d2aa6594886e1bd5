#include "functions/template_handler.h"

namespace belfry::functions {

using pipeline::Outcome;

TemplateHandler::TemplateHandler(Template text, std::optional<Template> subject, Sending sending)
    : text_(std::move(text)), subject_(std::move(subject)), sending_(std::move(sending)) {}

void TemplateHandler::handle(const queue::Received& message, Callback<Outcome> done) {
  done(work(message));
}

Outcome TemplateHandler::work(const queue::Received& received) {
  const queue::Message& message = received.message;
  const Scope scope{message.body, &message};
  auto text = text_.render(scope);
  if (!text) return Outcome::permanent(std::move(text.error().message));
  Result<std::string> subject;
  if (subject_) {
    subject = subject_->render(scope);
    if (!subject) return Outcome::permanent("subject: " + subject.error().message);
  }
  queue::Batch effects;
  sending_.send(*text, *subject, message, effects);
  return Outcome::done(std::move(effects));
}

}  // namespace belfry::functions

#include "functions/template_handler.h"

namespace belfry::functions {

using pipeline::Outcome;

TemplateHandler::TemplateHandler(Template text, std::optional<Template> subject,
                                 std::vector<std::variant<ToTopic, ToQueue>> to,
                                 topic::Topics& topics)
    : text_(std::move(text)), subject_(std::move(subject)), to_(std::move(to)), topics_(topics) {}

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
  const auto event = message.system.find(std::string(queue::kEventAttribute));
  queue::Batch effects;
  for (const auto& to : to_) {
    if (const auto* topic = std::get_if<ToTopic>(&to)) {
      topic::Publication publication;
      publication.body = *text;
      publication.subject = *subject;
      publication.attributes = message.attributes;
      publication.group = message.group;
      publication.deduplication = message.deduplication;
      if (event != message.system.end()) publication.event = event->second;
      topics_.publish(topic->name, publication, effects);
    } else {
      queue::Message sent;
      sent.body = *text;
      sent.attributes = message.attributes;
      sent.group = message.group;
      sent.deduplication = message.deduplication;
      if (event != message.system.end()) sent.system.insert(*event);
      effects.send(std::get<ToQueue>(to).id, std::move(sent));
    }
  }
  return Outcome::done(std::move(effects));
}

}  // namespace belfry::functions

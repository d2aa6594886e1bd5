#include "functions/sending.h"

namespace belfry::functions {

void Sending::send(const std::string& text, const std::string& subject, const queue::Message& cause,
                   queue::Batch& batch) const {
  const auto event = cause.system.find(std::string(queue::kEventAttribute));
  for (const auto& to : to_) {
    if (const auto* topic = std::get_if<ToTopic>(&to)) {
      topic::Publication publication;
      publication.body = text;
      publication.subject = subject;
      publication.attributes = cause.attributes;
      publication.group = cause.group;
      publication.deduplication = cause.deduplication;
      if (event != cause.system.end()) publication.event = event->second;
      topics_.publish(topic->name, publication, batch);
    } else {
      queue::Message sent;
      sent.body = text;
      sent.attributes = cause.attributes;
      sent.group = cause.group;
      sent.deduplication = cause.deduplication;
      if (event != cause.system.end()) sent.system.insert(*event);
      batch.send(std::get<ToQueue>(to).id, std::move(sent));
    }
  }
}

}  // namespace belfry::functions

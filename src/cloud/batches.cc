#include "cloud/batches.h"

#include <fmt/format.h>

#include <algorithm>

namespace belfry::cloud {

namespace {

struct Sending : std::enable_shared_from_this<Sending> {
  const std::vector<pipeline::Item>* items;
  BatchBounds bounds;
  SendBatch send;
  Callback<Outcomes> done;
  Outcomes outcomes;
  size_t next = 0;

  void go_on() {
    std::vector<size_t> batch;
    size_t bytes = 0;
    for (; next < items->size() && batch.size() < bounds.entries; ++next) {
      const size_t size = counted_bytes(*(*items)[next].content);
      if (size > bounds.bytes) {
        outcomes[next] = pipeline::Outcome::permanent(fmt::format(
            "the message has {} bytes, more than the {} that are taken", size, bounds.bytes));
        continue;
      }
      if (bytes + size > bounds.bytes) break;
      bytes += size;
      batch.push_back(next);
    }
    if (batch.empty()) return done(std::move(outcomes));
    auto indices = batch;
    send(std::move(indices), [self = shared_from_this(), batch = std::move(batch)](Outcomes got) {
      bool passing = false;
      for (size_t i = 0; i < batch.size(); ++i) {
        self->outcomes[batch[i]] =
            i < got.size() ? std::move(got[i]) : pipeline::Outcome::retry("no answer for it");
        passing |= self->outcomes[batch[i]].next == pipeline::Outcome::Next::retry;
      }
      if (passing) {
        for (size_t i = self->next; i < self->items->size(); ++i)
          self->outcomes[i] = pipeline::Outcome::retry("those before it have not arrived");
        return self->done(std::move(self->outcomes));
      }
      self->go_on();
    });
  }
};

}  // namespace

size_t counted_bytes(const pipeline::Content& content) {
  size_t bytes = content.body.size();
  for (const auto& [name, attribute] : content.attributes)
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  return bytes;
}

Outcomes all_retry(size_t count, const std::string& reason, std::optional<Duration> after) {
  Outcomes outcomes;
  for (size_t i = 0; i < count; ++i) outcomes.push_back(pipeline::Outcome::retry(reason, after));
  return outcomes;
}

void send_in_batches(const std::vector<pipeline::Item>& items, BatchBounds bounds, SendBatch send,
                     Callback<Outcomes> done) {
  auto sending = std::make_shared<Sending>();
  sending->items = &items;
  sending->bounds = bounds;
  sending->send = std::move(send);
  sending->done = std::move(done);
  sending->outcomes.resize(items.size());
  sending->go_on();
}

}  // namespace belfry::cloud

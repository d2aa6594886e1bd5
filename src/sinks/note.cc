#include "sinks/note.h"

#include <atomic>
#include <memory>

#include "base/json.h"
#include "topic/direct.h"
#include "topic/topics.h"

namespace belfry::sinks {
namespace {

constexpr size_t kTrimAtOnce = 1000;
// Entries beyond the count before any is removed: trimming one by one would double the store's
// work.
uint64_t slack(uint64_t count) {
  return std::max<uint64_t>(count / 20, 10);
}

std::string system_attribute(const queue::Message& message, std::string_view name) {
  const auto found = message.system.find(std::string(name));
  return found == message.system.end() ? std::string() : found->second;
}

}  // namespace

void NoteWriter::name(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

NoteWriter& NoteWriter::add(std::string_view name, std::string_view text) {
  if (text.empty()) return *this;
  this->name(name);
  append_json_string(out_, text);
  return *this;
}

NoteWriter& NoteWriter::add(std::string_view name, uint64_t number) {
  this->name(name);
  out_ += std::to_string(number);
  return *this;
}

NoteWriter& NoteWriter::add(std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return *this;
  this->name(name);
  char before = '[';
  for (const auto& text : texts) {
    out_ += std::exchange(before, ',');
    append_json_string(out_, text);
  }
  out_ += ']';
  return *this;
}

std::string NoteWriter::finish() {
  return std::move(out_) + "}";
}

struct NoteQueue::Trimming {
  std::atomic<bool> under_way{false};
};

NoteQueue::NoteQueue(queue::Store& store, queue::QueueId id, uint64_t count)
    : store_(&store), id_(id), count_(count), trimming_(std::make_shared<Trimming>()) {}

Result<NoteQueue> NoteQueue::open(queue::Store& store, const std::string& name,
                                  const NoteRetention& retention) {
  queue::QueueSettings settings;
  settings.retention = retention.age;
  settings.leases_end_with_process = true;
  auto id = store.open_queue(name, settings);
  if (!id) return tl::unexpected(id.error());
  return NoteQueue(store, *id, retention.count);
}

void NoteQueue::add(queue::Batch& batch, std::string entry) {
  queue::Message message;
  message.body = std::move(entry);
  batch.send(id_, std::move(message));
  trim();
}

void NoteQueue::trim() {
  const uint64_t there = store_->counts(id_).visible;
  if (there <= count_ + slack(count_) || trimming_->under_way.exchange(true)) return;
  const size_t excess = std::min<uint64_t>(there - count_, kTrimAtOnce);
  store_->receive(
      id_, excess, std::chrono::seconds(30), Duration(0),
      [store = store_, id = id_, trimming = trimming_](std::vector<queue::Received> oldest) {
        queue::Batch batch;
        for (auto& each : oldest) batch.remove(id, std::move(each.receipt));
        store->commit(std::move(batch),
                      [trimming](queue::Committed) { trimming->under_way = false; });
      });
}

void add_origin(NoteWriter& note, const queue::Received& received) {
  const queue::Message& message = received.message;
  note.add("topic", system_attribute(message, topic::kTopic));
  note.add("message_id", message.id);
  note.add("event_id", system_attribute(message, queue::kEventAttribute));
}

std::string recipient_of(const queue::Message& message, const std::string& endpoint) {
  const auto named = message.system.find(std::string(topic::kRecipient));
  return named == message.system.end() ? endpoint : named->second;
}

}  // namespace belfry::sinks

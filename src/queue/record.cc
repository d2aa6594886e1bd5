#include "queue/record.h"

#include "base/check.h"
#include "base/crc32c.h"
#include "queue/message_id.h"

namespace belfry::queue {
namespace {

constexpr uint8_t kPackedId = 1;
constexpr uint8_t kMoved = 2;

// Opens a record on construction, fills in its length at the end.
class Frame {
 public:
  Frame(std::string& out, RecordKind kind) : out_(out), start_(out.size()) {
    Encoder encoder(out);
    encoder.u32(0);
    encoder.u8(static_cast<uint8_t>(kind));
  }
  ~Frame() {
    const auto length = static_cast<uint32_t>(out_.size() - start_);
    std::memcpy(out_.data() + start_, &length, sizeof length);
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  std::string& out_;
  const size_t start_;
};

}  // namespace

void encode_message(std::string& out, RecordKind kind, const MessageFacts& facts,
                    const Message& message) {
  const size_t start = out.size();
  {
    Frame frame(out, kind);
    Encoder encoder(out);
    encoder.u32(0);  // the checksum, below
    encoder.u32(facts.queue);
    encoder.u64(facts.sequence);
    encoder.i64(facts.sent);
    encoder.i64(facts.visible_at);
    encoder.i64(facts.first_received);
    encoder.u32(facts.receives);
    const uint8_t moved = facts.moved ? kMoved : 0;
    if (const auto packed = pack_id(message.id)) {
      encoder.u8(kPackedId | moved);
      encoder.raw({packed->data(), packed->size()});
    } else {
      encoder.u8(moved);
      encoder.bytes(message.id);
    }
    encoder.bytes(message.group);
    encoder.bytes(message.deduplication);
    encoder.varint(message.system.size());
    for (const auto& [name, value] : message.system) {
      encoder.bytes(name);
      encoder.bytes(value);
    }
    encoder.varint(message.attributes.size());
    for (const auto& [name, attribute] : message.attributes) {
      encoder.bytes(name);
      encoder.bytes(attribute.type);
      encoder.bytes(attribute.value);
    }
    encoder.bytes(message.body);
  }
  const uint32_t checksum = crc32c(std::string_view(out).substr(start + kRecordHeader + 4));
  std::memcpy(out.data() + start + kRecordHeader, &checksum, sizeof checksum);
}

size_t message_record_bound(const Message& message) {
  size_t bytes = 128 + message.id.size() + message.group.size() + message.deduplication.size() +
                 message.body.size();
  for (const auto& [name, value] : message.system) bytes += 20 + name.size() + value.size();
  for (const auto& [name, attribute] : message.attributes)
    bytes += 30 + name.size() + attribute.type.size() + attribute.value.size();
  return bytes;
}

void encode_removed(std::string& out, QueueId queue, const std::vector<uint64_t>& sequences) {
  Frame frame(out, RecordKind::removed);
  Encoder encoder(out);
  encoder.u32(queue);
  encoder.varint(sequences.size());
  for (const uint64_t sequence : sequences) encoder.varint(sequence);
}

void encode_leased(std::string& out, QueueId queue, int64_t from, int64_t until,
                   const std::vector<LeaseItem>& items) {
  Frame frame(out, RecordKind::leased);
  Encoder encoder(out);
  encoder.u32(queue);
  encoder.i64(from);
  encoder.i64(until);
  encoder.varint(items.size());
  for (const auto& item : items) {
    encoder.varint(item.sequence);
    encoder.varint(item.receives);
    encoder.i64(item.first_received);
  }
}

void encode_visibility(std::string& out, QueueId queue, uint64_t sequence, int64_t until) {
  Frame frame(out, RecordKind::visibility);
  Encoder encoder(out);
  encoder.u32(queue);
  encoder.u64(sequence);
  encoder.i64(until);
}

void encode_put(std::string& out, std::string_view key, std::string_view value) {
  Frame frame(out, RecordKind::put);
  Encoder encoder(out);
  encoder.bytes(key);
  encoder.bytes(value);
}

void encode_erase(std::string& out, std::string_view key) {
  Frame frame(out, RecordKind::erase);
  Encoder(out).bytes(key);
}

void encode_settings(Encoder& encoder, const QueueSettings& settings) {
  encoder.u8(static_cast<uint8_t>(
      settings.fifo | settings.content_deduplication << 1 | settings.leases_end_with_process << 2 |
      settings.dead_letter.has_value() << 3 | settings.deduplication_by_group << 4));
  encoder.i64(settings.visibility_timeout.count());
  encoder.i64(settings.delay.count());
  encoder.i64(settings.retention.count());
  encoder.i64(settings.receive_wait.count());
  encoder.u32(settings.maximum_message_size);
  if (settings.dead_letter) {
    encoder.bytes(settings.dead_letter->queue);
    encoder.u32(settings.dead_letter->after);
  }
}

QueueSettings decode_settings(Decoder& decoder) {
  QueueSettings settings;
  const uint8_t flags = decoder.u8();
  settings.fifo = flags & 1;
  settings.content_deduplication = flags & 2;
  settings.leases_end_with_process = flags & 4;
  settings.deduplication_by_group = flags & 16;
  settings.visibility_timeout = Duration(decoder.time());
  settings.delay = Duration(decoder.time());
  settings.retention = Duration(decoder.time());
  settings.receive_wait = Duration(decoder.time());
  settings.maximum_message_size = decoder.u32();
  if (flags & 8) {
    DeadLetter dead;
    dead.queue = decoder.bytes();
    dead.after = decoder.u32();
    settings.dead_letter = std::move(dead);
  }
  return settings;
}

void encode_queue(std::string& out, QueueId queue, std::string_view name,
                  const QueueSettings& settings) {
  Frame frame(out, RecordKind::queue);
  Encoder encoder(out);
  encoder.u32(queue);
  encoder.bytes(name);
  encode_settings(encoder, settings);
}

void encode_purged(std::string& out, QueueId queue, uint64_t through) {
  Frame frame(out, RecordKind::purged);
  Encoder encoder(out);
  encoder.u32(queue);
  encoder.u64(through);
}

void encode_deleted(std::string& out, QueueId queue) {
  Frame frame(out, RecordKind::deleted);
  Encoder(out).u32(queue);
}

void encode_sealed(std::string& out, uint32_t next_generation) {
  Frame frame(out, RecordKind::sealed);
  Encoder(out).u32(next_generation);
}

std::optional<RecordView> next_record(std::string_view& records) {
  Decoder decoder(records);
  const uint32_t length = decoder.u32();
  const uint8_t kind = decoder.u8();
  if (!decoder.ok() || length < kRecordHeader || length > records.size()) return std::nullopt;
  if (kind < static_cast<uint8_t>(RecordKind::message) ||
      kind > static_cast<uint8_t>(RecordKind::sealed))
    return std::nullopt;
  const RecordView view{static_cast<RecordKind>(kind), records.substr(0, length),
                        records.substr(kRecordHeader, length - kRecordHeader)};
  records.remove_prefix(length);
  return view;
}

namespace {

struct HeadParts {
  MessageHead head;
  Decoder rest;
};

std::optional<HeadParts> decode_head(std::string_view record, bool check) {
  auto whole = record;
  const auto view = next_record(whole);
  if (!view || (view->kind != RecordKind::message && view->kind != RecordKind::relocated))
    return std::nullopt;
  Decoder decoder(view->body);
  const uint32_t checksum = decoder.u32();
  if (!decoder.ok() || (check && checksum != crc32c(view->body.substr(4)))) return std::nullopt;
  MessageHead head;
  head.facts.queue = decoder.u32();
  head.facts.sequence = decoder.u64();
  head.facts.sent = decoder.time();
  head.facts.visible_at = decoder.time();
  head.facts.first_received = decoder.time();
  head.facts.receives = decoder.u32();
  const uint8_t flags = decoder.u8();
  head.facts.moved = flags & kMoved;
  head.id =
      flags & kPackedId ? unpack_id(decoder.raw(kPackedIdSize)) : std::string(decoder.bytes());
  head.group = decoder.bytes();
  head.deduplication = decoder.bytes();
  if (!decoder.ok()) return std::nullopt;
  return HeadParts{std::move(head), decoder};
}

}  // namespace

std::optional<MessageHead> decode_message_head(std::string_view record) {
  auto parts = decode_head(record, false);
  if (!parts) return std::nullopt;
  return std::move(parts->head);
}

std::optional<StoredMessage> decode_message(std::string_view record) {
  auto parts = decode_head(record, true);
  if (!parts) return std::nullopt;
  auto& decoder = parts->rest;
  StoredMessage out;
  out.facts = parts->head.facts;
  auto& message = out.message;
  message.id = std::move(parts->head.id);
  message.group = parts->head.group;
  message.deduplication = parts->head.deduplication;
  for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
    std::string name(decoder.bytes());
    message.system.emplace_hint(message.system.end(), std::move(name), decoder.bytes());
  }
  for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
    std::string name(decoder.bytes());
    Attribute attribute;
    attribute.type = decoder.bytes();
    attribute.value = decoder.bytes();
    message.attributes.emplace_hint(message.attributes.end(), std::move(name),
                                    std::move(attribute));
  }
  message.body = decoder.bytes();
  if (!decoder.ok() || !decoder.at_end()) return std::nullopt;
  return out;
}

}  // namespace belfry::queue

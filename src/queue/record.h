// The records of the log: what happened to queues and named records, in absolute terms, so that
// applying one twice changes nothing. That is what lets a checkpoint be written while the store
// goes on (queue/checkpoint.h).
//
// Every record begins with its length and kind. Records that carry a message also carry a checksum
// of their own, because they are read back long after their group was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/codec.h"
#include "queue/store.h"

namespace belfry::queue {

enum class RecordKind : uint8_t {
  message = 1,     // sent, or moved into this queue
  relocated = 2,   // the same message, copied forward; its state stays what it is
  removed = 3,     // queue, sequences
  leased = 4,      // queue, items
  visibility = 5,  // queue, sequence, until
  put = 6,         // key, value
  erase = 7,       // key
  queue = 8,       // id, name, settings
  purged = 9,      // queue, through which sequence
  deleted = 10,    // queue
  sealed = 11,     // the segment ends here; the next generation
};

inline constexpr size_t kRecordHeader = 5;  // length, kind

// What a message record says besides the message.
struct MessageFacts {
  QueueId queue = 0;
  uint64_t sequence = 0;
  int64_t sent = 0;            // nanoseconds of the Unix epoch, as all times here
  int64_t visible_at = 0;      // 0: at once
  int64_t first_received = 0;  // 0: never
  uint32_t receives = 0;
  bool moved = false;  // from another queue: its deduplication id was not asked about
};

struct LeaseItem {
  uint64_t sequence = 0;
  uint32_t receives = 0;
  int64_t first_received = 0;
};

// Each appends one record to out.
void encode_message(std::string& out, RecordKind kind, const MessageFacts& facts,
                    const Message& message);
void encode_removed(std::string& out, QueueId queue, const std::vector<uint64_t>& sequences);
void encode_leased(std::string& out, QueueId queue, int64_t from, int64_t until,
                   const std::vector<LeaseItem>& items);
void encode_visibility(std::string& out, QueueId queue, uint64_t sequence, int64_t until);
void encode_put(std::string& out, std::string_view key, std::string_view value);
void encode_erase(std::string& out, std::string_view key);
void encode_queue(std::string& out, QueueId queue, std::string_view name,
                  const QueueSettings& settings);
void encode_purged(std::string& out, QueueId queue, uint64_t through);
void encode_deleted(std::string& out, QueueId queue);
void encode_sealed(std::string& out, uint32_t next_generation);

void encode_settings(Encoder& encoder, const QueueSettings& settings);
QueueSettings decode_settings(Decoder& decoder);

// At least what the message's record takes, bytes.
size_t message_record_bound(const Message& message);

// A record within a group: all of its bytes, and what follows its header.
struct RecordView {
  RecordKind kind{};
  std::string_view whole;
  std::string_view body;
};
// Takes the first record off; none when what is left is no record.
std::optional<RecordView> next_record(std::string_view& records);

// Reads a message record (kind message or relocated); none if it is malformed or its checksum is
// wrong.
struct StoredMessage {
  MessageFacts facts;
  Message message;
};
std::optional<StoredMessage> decode_message(std::string_view record);
// The facts, and views of group and deduplication id, without building the message: for recovery.
// Checks no checksum.
struct MessageHead {
  MessageFacts facts;
  std::string_view group, deduplication;
  std::string id;
};
std::optional<MessageHead> decode_message_head(std::string_view record);

}  // namespace belfry::queue

// The protobuf wire format (protobuf.dev, "Encoding"), read in place: one field after another, each
// a number or a view. The bottom of this folder; block.cc, transaction.cc and rwset.cc say which
// fields mean what.
//
// Accepts what Go's protobuf accepts, as the peers decide with that: unknown fields and groups are
// passed over, a known number with another wire type is unknown, overlong varints end at 10 bytes.
// A message that occurs twice is merged by whoever reads each occurrence into the same struct.
//
// Everything is inline: this loop is what decoding costs.
#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::decode::wire {

// Tags of fields, for switch: the field's number and its wire type.
constexpr uint32_t varint(uint32_t number) {
  return number << 3;
}
constexpr uint32_t bytes(uint32_t number) {
  return number << 3 | 2;
}  // strings, bytes, messages

// Reads a varint at `at` and moves behind it; false if it breaks off or does not fit 64 bits.
inline bool read_varint(const char*& at, const char* end, uint64_t& value) {
  if (at != end && static_cast<signed char>(*at) >= 0) {
    value = static_cast<unsigned char>(*at++);
    return true;
  }
  value = 0;
  for (int shift = 0; shift < 70 && at != end; shift += 7) {
    const uint64_t byte = static_cast<unsigned char>(*at++);
    if (shift == 63 && byte > 1) return false;
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// Sets a string field; false if the bytes are not UTF-8: then Go refuses the whole message.
bool take_text(std::string_view& field, std::string_view bytes);

class Reader {
 public:
  explicit Reader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()), field_(at_) {}

  // Moves to the next field; false at the end of the message and at damage.
  bool next() {
    while (at_ != end_) {
      field_ = at_;
      uint64_t tag;
      if (!read_varint(at_, end_, tag) || tag < 8 || tag > UINT32_MAX) return damage();
      tag_ = static_cast<uint32_t>(tag);
      switch (tag & 7) {
        case 0:
          return read_varint(at_, end_, value_) || damage();
        case 2: {
          uint64_t size;
          if (!read_varint(at_, end_, size) || size > static_cast<uint64_t>(end_ - at_))
            return damage();
          bytes_ = {at_, static_cast<size_t>(size)};
          at_ += size;
          return true;
        }
        case 1:
          if (!skip(8)) return false;
          break;
        case 5:
          if (!skip(4)) return false;
          break;
        case 3:
          if (!skip_group()) return false;
          break;
        default:
          return damage();
      }
    }
    return false;
  }

  uint32_t tag() const { return tag_; }              // of the field that next() found
  uint64_t value() const { return value_; }          // a varint's
  std::string_view bytes() const { return bytes_; }  // a length-delimited field's
  bool damaged() const { return damaged_; }          // once next() returned false
  const char* field() const { return field_; }       // where the field, or the damage, begins

 private:
  static constexpr int kMaxGroups = 100;  // nested; Fabric's messages have none

  bool damage() {
    damaged_ = true;
    at_ = end_;
    return false;
  }
  bool skip(int size) {
    if (end_ - at_ < size) return damage();
    at_ += size;
    return true;
  }
  bool skip_group();  // tag_ is its start; moves behind its end

  const char* at_;
  const char* end_;
  const char* field_;
  uint64_t value_ = 0;
  std::string_view bytes_;
  uint32_t tag_ = 0;
  bool damaged_ = false;
};

}  // namespace belfry::decode::wire

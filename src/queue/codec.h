// How the queue's files spell values: little-endian integers of fixed width, LEB128 varints (at
// most 10 bytes), and byte strings led by a varint length. The decoder never reads past its end:
// after a failure everything reads as zero and ok() is false, so callers check once, at the end of
// a record.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace belfry::queue {

// Times are nanoseconds of the Unix epoch, from 0 through this (the year 2116), and so are spans:
// one of each can be added or subtracted without a look at the range. Whatever is written keeps to
// it, whatever is read is held to it.
inline constexpr int64_t kLatestTime = (int64_t{1} << 62) - 1;

static_assert(std::endian::native == std::endian::little, "the file formats are little-endian");

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  void u8(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u32(uint32_t value) { fixed(value); }
  void u64(uint64_t value) { fixed(value); }
  void i64(int64_t value) { fixed(value); }
  void varint(uint64_t value);
  void bytes(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }
  void raw(std::string_view value) { out_.append(value); }

 private:
  template <class T>
  void fixed(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  std::string& out_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}
  uint8_t u8() { return fixed<uint8_t>(); }
  uint32_t u32() { return fixed<uint32_t>(); }
  uint64_t u64() { return fixed<uint64_t>(); }
  int64_t i64() { return fixed<int64_t>(); }
  int64_t time();  // also a span; fails on one out of range
  uint64_t varint();
  std::string_view raw(size_t size);
  std::string_view bytes() { return raw(varint()); }
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  size_t left() const { return in_.size(); }

 private:
  void fail() {
    ok_ = false;
    in_ = {};
  }
  template <class T>
  T fixed() {
    T value{};
    const auto from = raw(sizeof value);
    if (from.size() == sizeof value) std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace belfry::queue

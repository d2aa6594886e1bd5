#include "event/compact_json.h"

#include <bitset>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace belfry::event {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

// Whether one of the eight bytes ends a plain run of a string: a quote, a backslash, a control
// character. (A borrow may mark further bytes, but only above one that is marked rightly, so the
// answer is exact.)
bool has_special(uint64_t eight) {
  const uint64_t quote = eight ^ (kOnes * '"');
  const uint64_t backslash = eight ^ (kOnes * '\\');
  return (((eight - kOnes * 0x20) & ~eight) | ((quote - kOnes) & ~quote) |
          ((backslash - kOnes) & ~backslash)) &
         kHighs;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Compactor {
 public:
  Compactor(std::string& out, std::string_view bytes)
      : out_(out), at_(bytes.data()), end_(bytes.data() + bytes.size()), run_(bytes.data()) {}

  bool document() {
    for (;;) {
      // A value begins here.
      skip_space();
      if (at_ == end_) return false;
      if (*at_ == '{' || *at_ == '[') {
        if (depth_ == kMaxJsonDepth) return false;
        const bool object = *at_++ == '{';
        is_object_[static_cast<size_t>(depth_++)] = object;
        skip_space();
        if (at_ == end_) return false;
        if (*at_ != closer()) {
          if (object && !key()) return false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      }
      // A value has ended, or an empty container is about to.
      for (;;) {
        skip_space();
        if (depth_ == 0) return at_ == end_;
        if (at_ == end_) return false;
        if (*at_ == ',') {
          ++at_;
          if (in_object() && !key()) return false;
          break;
        }
        if (*at_ != closer()) return false;
        ++at_;
        --depth_;
      }
    }
  }

  void flush() {
    out_.append(run_, at_);
    run_ = at_;
  }
  bool only_ascii() const { return (seen_ & kHighs) == 0; }

 private:
  bool in_object() const { return is_object_[static_cast<size_t>(depth_ - 1)]; }
  char closer() const { return in_object() ? '}' : ']'; }

  void skip_space() {
    if (at_ == end_ || static_cast<unsigned char>(*at_) > ' ') return;
    flush();
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    run_ = at_;
  }

  bool key() {
    skip_space();
    if (at_ == end_ || *at_ != '"' || !string()) return false;
    skip_space();
    return take(':');
  }

  bool scalar() {
    switch (*at_) {
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view text) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool string() {
    ++at_;
    for (;;) {
      while (end_ - at_ >= 8) {
        uint64_t eight;
        std::memcpy(&eight, at_, 8);
        if (has_special(eight)) break;
        seen_ |= eight;
        at_ += 8;
      }
      while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
        seen_ |= static_cast<unsigned char>(*at_++);
      if (at_ == end_) return false;
      const char c = *at_++;
      if (c == '"') return true;
      if (c != '\\' || !escape()) return false;
    }
  }

  // Behind a backslash.
  bool escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::strchr("\"\\/bfnrt", c) != nullptr && c != '\0';
    const int first = four_digits();
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) return false;
    if (first < 0xD800 || first > 0xDBFF) return true;
    if (!take('\\') || !take('u')) return false;
    const int second = four_digits();
    return second >= 0xDC00 && second <= 0xDFFF;
  }

  int four_digits() {
    if (end_ - at_ < 4) return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      const int digit = is_digit(c)            ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return -1;
      value = value << 4 | digit;
    }
    return value;
  }

  std::string& out_;
  const char* at_;
  const char* const end_;
  const char* run_;    // from here to at_: good, not appended yet
  uint64_t seen_ = 0;  // all bytes of strings, or-ed
  int depth_ = 0;
  std::bitset<kMaxJsonDepth> is_object_;  // by level
};

}  // namespace

bool append_compact_json(std::string& out, std::string_view bytes) {
  const size_t before = out.size();
  Compactor compactor(out, bytes);
  if (compactor.document() && (compactor.only_ascii() || is_utf8(bytes))) {
    compactor.flush();
    return true;
  }
  out.resize(before);
  return false;
}

}  // namespace belfry::event

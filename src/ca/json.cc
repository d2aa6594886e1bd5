#include "ca/json.h"

#include <fmt/format.h>

#include <optional>

#include "base/bytes.h"

namespace belfry::ca {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, uint32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xc0 | rune >> 6);
    out += static_cast<char>(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xe0 | rune >> 12);
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (rune & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | rune >> 18);
    out += static_cast<char>(0x80 | (rune >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (rune & 0x3f));
  }
}

// The length of the well-formed UTF-8 sequence at the beginning; 0 if there is none.
size_t sequence_length(std::string_view text) {
  for (size_t size = 1; size <= 4 && size <= text.size(); ++size)
    if (is_utf8(text.substr(0, size))) return size;
  return 0;
}

// The byte as encoding/json names it: '\n', 'x', 'Ã'.
std::string quoted(char c) {
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\'':
      return R"('\'')";
    case '"':
      return R"('"')";
    case '\\':
      return R"('\\')";
    case '\a':
      return R"('\a')";
    case '\b':
      return R"('\b')";
    case '\f':
      return R"('\f')";
    case '\n':
      return R"('\n')";
    case '\r':
      return R"('\r')";
    case '\t':
      return R"('\t')";
    case '\v':
      return R"('\v')";
    default:
      break;
  }
  if (byte < 0x20 || byte == 0x7f) return fmt::format("'\\x{:02x}'", byte);
  if (byte < 0x7f) return fmt::format("'{}'", c);
  if (byte <= 0xa0 || byte == 0xad) return fmt::format("'\\u{:04x}'", byte);
  std::string name = "'";
  append_utf8(name, byte);
  return name + "'";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<JsonValue> run() {
    JsonValue value;
    if (!read(value, "looking for beginning of value", 0)) return fail(std::move(error_));
    skip_space();
    if (at_ < text_.size()) {
      wrong("after top-level value");
      return fail(std::move(error_));
    }
    return value;
  }

 private:
  bool wrong(std::string_view context) {
    error_ = at_ < text_.size()
                 ? fmt::format("invalid character {} {}", quoted(text_[at_]), context)
                 : "unexpected end of JSON input";
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
      ++at_;
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool read(JsonValue& value, std::string_view context, size_t depth) {
    skip_space();
    value.at = at_;
    if (at_ == text_.size()) return wrong(context);
    const char c = text_[at_];
    if (c == '{') return read_object(value, depth + 1);
    if (c == '[') return read_array(value, depth + 1);
    if (c == '"') {
      value.kind = JsonValue::Kind::string;
      return read_string(value.text);
    }
    if (c == '-' || is_digit(c)) return read_number(value);
    value.kind = JsonValue::Kind::boolean;
    value.boolean = c == 't';
    if (c == 't') return read_word("true");
    if (c == 'f') return read_word("false");
    value.kind = JsonValue::Kind::null;
    if (c == 'n') return read_word("null");
    return wrong(context);
  }

  bool too_deep() {
    error_ = "exceeded max depth";
    return false;
  }

  bool read_object(JsonValue& value, size_t depth) {
    if (depth > kDeepestJson) return too_deep();
    value.kind = JsonValue::Kind::object;
    ++at_;
    skip_space();
    if (next_is('}')) return ++at_, true;
    while (true) {
      skip_space();
      if (!next_is('"')) return wrong("looking for beginning of object key string");
      auto& [name, member] = value.members.emplace_back();
      if (!read_string(name)) return false;
      skip_space();
      if (!next_is(':')) return wrong("after object key");
      ++at_;
      if (!read(member, "looking for beginning of value", depth)) return false;
      skip_space();
      if (next_is('}')) return ++at_, true;
      if (!next_is(',')) return wrong("after object key:value pair");
      ++at_;
    }
  }

  bool read_array(JsonValue& value, size_t depth) {
    if (depth > kDeepestJson) return too_deep();
    value.kind = JsonValue::Kind::array;
    ++at_;
    skip_space();
    if (next_is(']')) return ++at_, true;
    while (true) {
      if (!read(value.items.emplace_back(), "looking for beginning of value", depth)) return false;
      skip_space();
      if (next_is(']')) return ++at_, true;
      if (!next_is(',')) return wrong("after array element");
      ++at_;
    }
  }

  bool read_word(std::string_view word) {
    ++at_;
    for (size_t i = 1; i < word.size(); ++i, ++at_)
      if (!next_is(word[i]))
        return wrong(fmt::format("in literal {} (expecting {})", word, quoted(word[i])));
    return true;
  }

  bool read_digits(std::string_view context) {
    if (at_ == text_.size() || !is_digit(text_[at_])) return wrong(context);
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return true;
  }

  bool read_number(JsonValue& value) {
    value.kind = JsonValue::Kind::number;
    const size_t begin = at_;
    if (next_is('-')) ++at_;
    if (next_is('0'))
      ++at_;
    else if (!read_digits("in numeric literal"))
      return false;
    if (next_is('.')) {
      ++at_;
      if (!read_digits("after decimal point in numeric literal")) return false;
    }
    if (next_is('e') || next_is('E')) {
      ++at_;
      if (next_is('+') || next_is('-')) ++at_;
      if (!read_digits("in exponent of numeric literal")) return false;
    }
    value.text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool read_hex(uint32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      const int digit = is_digit(c)            ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (at_ == text_.size() || digit < 0) return wrong("in \\u hexadecimal character escape");
      unit = unit * 16 + static_cast<uint32_t>(digit);
    }
    return true;
  }

  // After the u. A surrogate without its other half becomes U+FFFD.
  bool read_unicode(std::string& out) {
    uint32_t unit = 0;
    if (!read_hex(unit)) return false;
    while (unit >= 0xd800 && unit < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      uint32_t second = 0;
      if (!read_hex(second)) return false;
      if (second >= 0xdc00 && second < 0xe000) {
        append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
        return true;
      }
      append_utf8(out, 0xfffd);
      unit = second;
    }
    append_utf8(out, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
    return true;
  }

  bool read_escape(std::string& out) {
    if (at_ == text_.size()) return wrong("in string escape code");
    switch (text_[at_]) {
      case '"':
        out += '"';
        break;
      case '\\':
        out += '\\';
        break;
      case '/':
        out += '/';
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u':
        ++at_;
        return read_unicode(out);
      default:
        return wrong("in string escape code");
    }
    ++at_;
    return true;
  }

  bool read_string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return wrong("in string literal");
      if (c == '\\') {
        ++at_;
        if (!read_escape(out)) return false;
        continue;
      }
      const size_t size = sequence_length(text_.substr(at_, 4));
      if (size == 0)
        append_utf8(out, 0xfffd), ++at_;
      else
        out.append(text_.substr(at_, size)), at_ += size;
    }
    return wrong("in string literal");
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace

JsonValue::JsonValue() = default;
JsonValue::~JsonValue() = default;
JsonValue::JsonValue(const JsonValue&) = default;
JsonValue::JsonValue(JsonValue&&) noexcept = default;
JsonValue& JsonValue::operator=(const JsonValue&) = default;
JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;

Result<JsonValue> parse_json(std::string_view text) {
  return Parser(text).run();
}

void append_go_string(std::string& out, std::string_view text) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      switch (c) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\b':
          out += "\\b";
          break;
        case '\f':
          out += "\\f";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&')
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
          else
            out += c;
      }
      ++at;
      continue;
    }
    const size_t size = sequence_length(text.substr(at, 4));
    const std::string_view rune = text.substr(at, size);
    if (size == 0)
      out += "\\ufffd";
    else if (rune == "\u2028" || rune == "\u2029")
      out += rune == "\u2028" ? "\\u2028" : "\\u2029";
    else
      out += rune;
    at += std::max<size_t>(size, 1);
  }
  out += '"';
}

std::string go_string(std::string_view text) {
  std::string out;
  append_go_string(out, text);
  return out;
}

}  // namespace belfry::ca

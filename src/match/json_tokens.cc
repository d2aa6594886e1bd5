#include "match/json_tokens.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "match/number.h"

namespace belfry::match {

namespace {

constexpr size_t kShown = 500;  // bytes of a text in a refusal
constexpr std::string_view kSource =
    "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: ";

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xc0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | c >> 18));
    out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

// The four hex digits at text[at]; -1 if they are not there.
int32_t unit(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return -1;
  int32_t out = 0;
  for (size_t i = 0; i < 4; ++i) {
    int digit = hex_digit(text[at + i]);
    if (digit < 0) return -1;
    out = out << 4 | digit;
  }
  return out;
}

}  // namespace

bool append_unescaped(std::string& out, std::string_view text, size_t& at) {
  if (at >= text.size()) return false;
  char c = text[at++];
  switch (c) {
    case '"':
    case '\\':
    case '/':
      out.push_back(c);
      return true;
    case 'b':
      out.push_back('\b');
      return true;
    case 'f':
      out.push_back('\f');
      return true;
    case 'n':
      out.push_back('\n');
      return true;
    case 'r':
      out.push_back('\r');
      return true;
    case 't':
      out.push_back('\t');
      return true;
    case 'u':
      break;
    default:
      return false;
  }
  int32_t high = unit(text, at);
  if (high < 0) return false;
  at += 4;
  uint32_t c32 = static_cast<uint32_t>(high);
  if (high >= 0xd800 && high <= 0xdfff) {
    c32 = 0xfffd;
    if (high <= 0xdbff && at + 1 < text.size() && text[at] == '\\' && text[at + 1] == 'u') {
      int32_t low = unit(text, at + 2);
      if (low >= 0xdc00 && low <= 0xdfff) {
        c32 = 0x10000u + (static_cast<uint32_t>(high - 0xd800) << 10) +
              static_cast<uint32_t>(low - 0xdc00);
        at += 6;
      }
    }
  }
  append_utf8(out, c32);
  return true;
}

std::string JsonTokens::location(size_t offset) const {
  std::string_view before = text_.substr(0, std::min(offset, text_.size()));
  size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  size_t start = before.rfind('\n');
  size_t column = 1 + offset - (start == before.npos ? 0 : start + 1);
  return "\n at " + std::string(kSource) + std::to_string(line) +
         ", column: " + std::to_string(column) + "]";
}

std::string JsonTokens::compact_location(size_t offset) const {
  std::string compact;
  size_t column = 1;
  bool quoted = false;
  for (size_t i = 0; i < text_.size(); ++i) {
    if (i == offset) column = compact.size() + 1;
    const char c = text_[i];
    if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    compact.push_back(c);
    if (quoted && c == '\\' && i + 1 < text_.size()) {
      if (++i == offset) column = compact.size() + 1;
      compact.push_back(text_[i]);
    } else if (c == '"') {
      quoted = !quoted;
    }
  }
  if (offset >= text_.size()) column = compact.size() + 1;
  std::string shown = '"' + compact.substr(0, kShown) + '"';
  if (compact.size() > kShown)
    shown += "[truncated " + std::to_string(compact.size() - kShown) + " chars]";
  return "\n at [Source: (String)" + shown + "; line: 1, column: " + std::to_string(column) + "]";
}

Token JsonTokens::fail(std::string sns, std::string plain, size_t at) {
  error_ = sns_words_ ? "failed to parse JSON. " + std::move(sns) + location(at)
                      : "not JSON: " + std::move(plain);
  offset_ = at;
  return token_ = Token::error;
}

Token JsonTokens::unexpected(const char* sns_wanted, const char* plain_wanted) {
  if (at_ >= text_.size()) {
    if (levels_.empty())
      return fail("No content to map due to end-of-input", "the text is empty", at_);
    std::string start = location(levels_.back().opened_at);
    std::string kind = levels_.back().object ? "Object" : "Array";
    return fail("Unexpected end-of-input: expected close marker for " + kind +
                    " (start marker at " + start.substr(strlen("\n at ")) + ")",
                "it ends too early", at_);
  }
  unsigned char c = static_cast<unsigned char>(text_[at_]);
  std::string shown =
      c < 0x20 || c >= 0x7f ? "byte " + std::to_string(c) : std::string("'") + text_[at_] + "'";
  return fail("Unexpected character ('" + std::string(1, text_[at_]) + "' (code " +
                  std::to_string(c) + ")): " + sns_wanted,
              "unexpected " + shown + ", " + plain_wanted, at_);
}

void JsonTokens::skip_space() {
  while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) && text_[at_]) ++at_;
}

Token JsonTokens::give(Token token, size_t begin) {
  begin_ = begin;
  // Strings are judged when their opening quote has been read, everything else when it has been
  // read whole.
  offset_ = token == Token::string ? begin + 1 : at_;
  return token_ = token;
}

bool JsonTokens::read_string() {
  size_t begin = at_++;
  value_.clear();
  while (at_ < text_.size() && text_[at_] != '"') {
    unsigned char c = static_cast<unsigned char>(text_[at_]);
    if (c < 0x20) {
      fail("Illegal unquoted character ((CTRL-CHAR, code " + std::to_string(c) +
               ")): has to be escaped using backslash to be included in string value",
           "a control character in a string must be escaped", at_);
      return false;
    }
    if (c == '\\') {
      size_t at = ++at_;
      if (!append_unescaped(value_, text_, at)) {
        fail("Unrecognized character escape", "an escape in a string that JSON does not know", at_);
        return false;
      }
      at_ = at;
    } else {
      value_.push_back(text_[at_++]);
    }
  }
  if (at_ >= text_.size()) {
    fail("Unexpected end-of-input in VALUE_STRING", "a string is not closed", begin);
    return false;
  }
  ++at_;
  if (!is_utf8(value_)) {
    fail("Invalid UTF-8", "a string is not UTF-8", begin);
    return false;
  }
  return true;
}

Token JsonTokens::read_name() {
  size_t begin = at_;
  if (at_ >= text_.size() || text_[at_] != '"') {
    return unexpected("was expecting double-quote to start field name",
                      "a field's name in double quotes must stand here");
  }
  if (!read_string()) return token_;
  skip_space();
  if (at_ >= text_.size() || text_[at_] != ':') {
    return unexpected("was expecting a colon to separate field name and value",
                      "a colon must stand here");
  }
  ++at_;
  return give(Token::name, begin);
}

Token JsonTokens::read_number() {
  size_t begin = at_;
  while (at_ < text_.size() && (letter(text_[at_]) || std::strchr("+-.", text_[at_])) && text_[at_])
    ++at_;
  value_ = text_.substr(begin, at_ - begin);
  if (is_number(value_)) return give(Token::number, begin);
  return fail("Invalid numeric value: " + value_, "'" + value_ + "' is no number", begin);
}

Token JsonTokens::read_value() {
  size_t begin = at_;
  char c = at_ < text_.size() ? text_[at_] : 0;
  switch (c) {
    case '{':
    case '[':
      if (levels_.size() >= depth_) {
        return fail("Document nesting depth (" + std::to_string(depth_ + 1) +
                        ") exceeds the maximum allowed (" + std::to_string(depth_) + ")",
                    "nested deeper than " + std::to_string(depth_) + " levels", at_);
      }
      levels_.push_back({c == '{', 0, at_++});
      return give(c == '{' ? Token::begin_object : Token::begin_array, begin);
    case '"':
      return read_string() ? give(Token::string, begin) : token_;
    default:
      break;
  }
  if (c == '-' || (c >= '0' && c <= '9')) return read_number();
  if (!letter(c)) {
    return unexpected(
        "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or "
        "'false')",
        "a value must stand here");
  }
  while (at_ < text_.size() && letter(text_[at_])) ++at_;
  std::string_view word = text_.substr(begin, at_ - begin);
  if (word == "true") return give(Token::true_value, begin);
  if (word == "false") return give(Token::false_value, begin);
  if (word == "null") return give(Token::null_value, begin);
  std::string shown(word);
  return fail("Unrecognized token '" + shown +
                  "': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
                  "'false')",
              "'" + shown + "' is no value; text stands in double quotes", at_);
}

Token JsonTokens::next() {
  if (token_ == Token::error) return token_;
  skip_space();
  if (levels_.empty()) {
    if (!started_) {
      started_ = true;
      return read_value();
    }
    if (at_ >= text_.size()) return give(Token::end, at_);
    return fail("Unexpected content after the end of the JSON", "something stands after its end",
                at_);
  }
  Level& level = levels_.back();
  if (token_ == Token::name) return read_value();
  char c = at_ < text_.size() ? text_[at_] : 0;
  if (c == (level.object ? '}' : ']')) {
    bool object = level.object;
    size_t begin = at_++;
    levels_.pop_back();
    return give(object ? Token::end_object : Token::end_array, begin);
  }
  if (level.members++ > 0) {
    if (c != ',') {
      return level.object ? unexpected("was expecting comma to separate Object entries",
                                       "a comma or '}' must stand here")
                          : unexpected("was expecting comma to separate Array entries",
                                       "a comma or ']' must stand here");
    }
    ++at_;
    skip_space();
  }
  return level.object ? read_name() : read_value();
}

}  // namespace belfry::match

#include "ca/go_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "ca/json.h"

namespace belfry::ca {
namespace {

using std::chrono::days;

// Reads the parts of a time one after another; remembers which part was not there.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : whole_(text), rest_(text) {}

  bool number(size_t digits, int least, int most, std::string_view part, std::string_view what,
              int& into) {
    if (!message_.empty()) return false;
    const std::string_view text = rest_.substr(0, digits);
    const char* end = text.data() + text.size();
    if (text.size() != digits || text[0] == '-' ||
        std::from_chars(text.data(), end, into) != std::from_chars_result{end, {}})
      return cannot(part);
    if (into < least || into > most) {
      message_ = fmt::format("parsing time {}: {} out of range", go_quoted(whole_), what);
      return false;
    }
    rest_.remove_prefix(digits);
    return true;
  }
  bool literal(char c, std::string_view part) {
    if (!message_.empty()) return false;
    if (!rest_.starts_with(c)) return cannot(part);
    rest_.remove_prefix(1);
    return true;
  }
  // ".123", to nanoseconds; absent is 0.
  int64_t fraction() {
    if (!message_.empty() || rest_.size() < 2 || rest_[0] != '.') return 0;
    int64_t value = 0;
    size_t at = 1;
    for (; at < rest_.size() && rest_[at] >= '0' && rest_[at] <= '9'; ++at)
      if (at <= 9) value = value * 10 + (rest_[at] - '0');
    if (at == 1) return 0;
    for (size_t digits = at - 1; digits < 9; ++digits) value *= 10;
    rest_.remove_prefix(at);
    return value;
  }
  bool cannot(std::string_view part) {
    message_ =
        fmt::format("parsing time {} as \"2006-01-02T15:04:05Z07:00\": cannot parse {} as {}",
                    go_quoted(whole_), go_quoted(rest_), go_quoted(part));
    return false;
  }
  std::string_view rest() const { return rest_; }
  std::string& message() { return message_; }
  void extra() {
    message_ = fmt::format("parsing time {}: extra text: {}", go_quoted(whole_), go_quoted(rest_));
  }

 private:
  const std::string_view whole_;
  std::string_view rest_;
  std::string message_;
};

}  // namespace

std::string go_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    size_t size = 1;
    while (size < 4 && size < text.size() && !is_utf8(text.substr(0, size))) ++size;
    const auto rune = text.substr(0, size);
    const char c = rune[0];
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kNamed = "\a\b\f\n\r\t\v", kNames = "abfnrtv";
    if (!is_utf8(rune)) {
      size = 1;
      out += fmt::format("\\x{:02x}", byte);
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (const auto named = kNamed.find(c); named != std::string_view::npos) {
      out += {'\\', kNames[named]};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += rune;
    }
    text.remove_prefix(size);
  }
  return out + '"';
}

Result<WallTime> parse_go_time(std::string_view text) {
  TimeReader reader(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  reader.number(4, 0, 9999, "2006", "year", year);
  reader.literal('-', "-");
  reader.number(2, 1, 12, "01", "month", month);
  reader.literal('-', "-");
  reader.number(2, 1, 31, "02", "day", day);
  reader.literal('T', "T");
  reader.number(2, 0, 23, "15", "hour", hour);
  reader.literal(':', ":");
  reader.number(2, 0, 59, "04", "minute", minute);
  reader.literal(':', ":");
  reader.number(2, 0, 59, "05", "second", second);
  const int64_t nanoseconds = reader.fraction();
  int east = 0;  // minutes
  if (reader.message().empty()) {
    if (reader.rest().starts_with('Z')) {
      reader.literal('Z', "Z07:00");
    } else if (reader.rest().starts_with('+') || reader.rest().starts_with('-')) {
      const int sign = reader.rest()[0] == '+' ? 1 : -1;
      int hours = 0, minutes = 0;
      reader.literal(reader.rest()[0], "Z07:00");
      reader.number(2, 0, 24, "Z07:00", "time zone offset hour", hours);
      reader.literal(':', "Z07:00");
      reader.number(2, 0, 60, "Z07:00", "time zone offset minute", minutes);
      east = sign * (hours * 60 + minutes);
    } else {
      reader.cannot("Z07:00");
    }
  }
  if (reader.message().empty() && !reader.rest().empty()) reader.extra();
  const auto date =
      std::chrono::year(year) / static_cast<unsigned>(month) / static_cast<unsigned>(day);
  if (reader.message().empty() && !date.ok())
    return fail(fmt::format("parsing time {}: day out of range", go_quoted(text)));
  if (!reader.message().empty()) return fail(std::move(reader.message()));
  const int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * 86'400 +
                          hour * 3600 + minute * 60 + second - east * 60;
  if (year <= 1) return kGoZeroTime;
  constexpr int64_t kLast = 9'223'372'035;  // seconds that nanoseconds in 64 bits hold
  if (seconds > kLast) return WallTime::max();
  if (seconds < -kLast) return kGoZeroTime;
  return WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

Result<bool> parse_go_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return fail(fmt::format("strconv.ParseBool: parsing {}: invalid syntax", go_quoted(text)));
}

Result<Duration> parse_go_duration(std::string_view text) {
  const auto invalid = [text] {
    return fail(fmt::format("time: invalid duration {}", go_quoted(text)));
  };
  std::string_view rest = text;
  double sign = 1;
  if (rest.starts_with('-') || rest.starts_with('+')) {
    sign = rest[0] == '-' ? -1 : 1;
    rest.remove_prefix(1);
  }
  if (rest == "0") return Duration(0);
  if (rest.empty()) return invalid();
  double seconds = 0;
  while (!rest.empty()) {
    const size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    double number = 0;
    const char* end = rest.data() + digits;
    if (digits == 0 || std::from_chars(rest.data(), end, number) != std::from_chars_result{end, {}})
      return invalid();
    rest.remove_prefix(digits);
    const size_t letters = std::min(rest.find_first_of("0123456789."), rest.size());
    const std::string_view unit = rest.substr(0, letters);
    rest.remove_prefix(letters);
    if (unit.empty())
      return fail(fmt::format("time: missing unit in duration {}", go_quoted(text)));
    if (unit == "h")
      seconds += number * 3600;
    else if (unit == "m")
      seconds += number * 60;
    else if (unit == "s")
      seconds += number;
    else if (unit == "ms")
      seconds += number / 1000;
    else
      return fail(
          fmt::format("time: unknown unit {} in duration {}", go_quoted(unit), go_quoted(text)));
  }
  constexpr double kMost = 100.0 * 366 * 86'400;
  if (seconds > kMost) return invalid();
  return Duration(std::chrono::milliseconds(std::llround(sign * seconds * 1000)));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace belfry::ca

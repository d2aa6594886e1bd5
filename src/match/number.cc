#include "match/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace belfry::match {

namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// ±0.DIGITS × 10^exponent, with neither leading nor trailing zeros; zero has no digits.
struct Normal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

Normal normalise(std::string_view text) {
  Normal out;
  size_t i = 0;
  if (text[i] == '-') out.negative = true, ++i;
  int64_t point = -1;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      point = static_cast<int64_t>(out.digits.size());
    } else {
      out.digits.push_back(text[i]);
    }
  }
  out.exponent = point < 0 ? static_cast<int64_t>(out.digits.size()) : point;
  if (i < text.size()) {
    bool down = text[++i] == '-';
    if (!digit(text[i])) ++i;
    int64_t power = 0;
    constexpr int64_t kMost = int64_t{1} << 60;  // far beyond what any text's length can shift
    for (; i < text.size(); ++i) power = power > kMost / 10 ? kMost : power * 10 + (text[i] - '0');
    out.exponent += down ? -power : power;
  }
  size_t leading = out.digits.find_first_not_of('0');
  if (leading == std::string::npos) return {};
  out.digits.erase(0, leading);
  out.exponent -= static_cast<int64_t>(leading);
  out.digits.erase(out.digits.find_last_not_of('0') + 1);
  return out;
}

constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

}  // namespace

bool is_number(std::string_view text) {
  const char* p = text.data();
  const char* end = p + text.size();
  if (p < end && *p == '-') ++p;
  if (p == end || !digit(*p)) return false;
  if (*p++ != '0') {
    while (p < end && digit(*p)) ++p;
  }
  if (p < end && *p == '.') {
    if (++p == end || !digit(*p)) return false;
    while (p < end && digit(*p)) ++p;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    if (++p < end && (*p == '+' || *p == '-')) ++p;
    if (p == end || !digit(*p)) return false;
    while (p < end && digit(*p)) ++p;
  }
  return p == end;
}

NumberView parse_number(std::string_view text) {
  NumberView out;
  out.digits = text;
  // Up to 15 digits without an exponent: one exact integer over one exact power of ten is rounded
  // once.
  const char* p = text.data();
  const char* end = p + text.size();
  bool negative = *p == '-';
  if (negative) ++p;
  uint64_t mantissa = 0;
  int digits = 0, fraction = 0;
  bool point = false;
  for (; p < end && digits <= 15; ++p) {
    if (digit(*p)) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*p - '0');
      ++digits;
      fraction += point;
    } else if (*p == '.') {
      point = true;
    } else {
      break;
    }
  }
  if (p == end && digits <= 15) {
    double value = static_cast<double>(mantissa) / kPowers[fraction];
    out.value = negative && mantissa != 0 ? -value : value;
    return out;
  }
  Normal normal = normalise(text);
  if (normal.digits.empty()) return out;  // zero, whatever its sign
  // from_chars reports both overflow and underflow as out of range and leaves the value; the
  // exponent tells which.
  if (normal.exponent > 310) {
    out.value = normal.negative ? -HUGE_VAL : HUGE_VAL;
  } else if (normal.exponent >= -330) {
    auto parsed = std::from_chars(text.data(), end, out.value);
    if (parsed.ec == std::errc::result_out_of_range) {
      out.value = normal.exponent < 0 ? 0 : normal.negative ? -HUGE_VAL : HUGE_VAL;
    }
  }
  out.exact = normal.digits.size() <= 15 && normal.exponent > -300 && normal.exponent < 308;
  return out;
}

Decimal own(const NumberView& number) {
  return {number.value, number.exact, std::string(number.digits)};
}

int compare_digits(std::string_view left, std::string_view right) {
  Normal a = normalise(left), b = normalise(right);
  if (a.digits.empty() || b.digits.empty() || a.negative != b.negative) {
    int signs_a = a.digits.empty() ? 0 : a.negative ? -1 : 1;
    int signs_b = b.digits.empty() ? 0 : b.negative ? -1 : 1;
    return signs_a - signs_b;
  }
  int magnitude =
      a.exponent != b.exponent ? (a.exponent < b.exponent ? -1 : 1) : a.digits.compare(b.digits);
  return a.negative ? -magnitude : magnitude;
}

}  // namespace belfry::match

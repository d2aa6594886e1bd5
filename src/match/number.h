// Decimal numbers as JSON writes them, compared as decimals: 100, 100.0 and 1e2 are one number, and
// 12345678901234567890 is not 12345678901234567891. Most comparisons are of doubles: up to 15
// significant digits a double tells decimals apart and keeps their order; only beyond does the text
// decide.
#pragma once

#include <string>
#include <string_view>

namespace belfry::match {

struct NumberView {
  double value = 0;         // rounded to nearest; infinite beyond its range
  bool exact = true;        // value alone tells it from every other exact one
  std::string_view digits;  // as written
};

// A number owned by a pattern.
struct Decimal {
  double value = 0;
  bool exact = true;
  std::string digits;
  NumberView view() const { return {value, exact, digits}; }
};

bool is_number(std::string_view text);             // RFC 8259's grammar
NumberView parse_number(std::string_view digits);  // is_number(digits)
Decimal own(const NumberView& number);
int compare_digits(std::string_view a, std::string_view b);  // <0, 0, >0, by the text

// <0, 0, >0.
inline int compare(const NumberView& a, const NumberView& b) {
  if (a.value < b.value) return -1;
  if (a.value > b.value) return 1;
  return a.exact && b.exact ? 0 : compare_digits(a.digits, b.digits);
}

}  // namespace belfry::match

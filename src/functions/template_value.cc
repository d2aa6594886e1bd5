#include "functions/template_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"

namespace belfry::functions {
namespace {

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Rounds whole.fraction to so many decimals, half away from zero.
void round(std::string& whole, std::string& fraction, size_t decimals) {
  if (fraction.size() <= decimals) {
    fraction.append(decimals - fraction.size(), '0');
    return;
  }
  const bool up = fraction[decimals] >= '5';
  fraction.resize(decimals);
  if (!up) return;
  std::string digits = whole + fraction;
  size_t i = digits.size();
  while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
  if (i > 0) {
    ++digits[i - 1];
  } else {
    digits.insert(0, 1, '1');
  }
  whole = digits.substr(0, digits.size() - decimals);
  fraction = digits.substr(digits.size() - decimals);
}

void change_case(std::string& text, char from, char to) {
  for (char& c : text) {
    if (c >= from && c <= from + 25) c = static_cast<char>(c - from + to);
  }
}

// To so many characters, the last an ellipsis if something was cut.
void truncate(std::string& text, size_t most) {
  size_t characters = 0, cut = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (characters + 1 == most && cut == text.size()) cut = i;
    if (++characters > most) {
      text.resize(most == 0 ? 0 : cut);
      if (most > 0) text += "…";
      return;
    }
  }
}

}  // namespace

std::optional<std::string> with_separators(std::string_view digits,
                                           std::optional<size_t> decimals) {
  bool negative = false;
  if (!digits.empty() && digits.front() == '-') {
    negative = true;
    digits.remove_prefix(1);
  }
  const size_t point = digits.find('.');
  std::string whole(digits.substr(0, point));
  std::string fraction(point == digits.npos ? std::string_view() : digits.substr(point + 1));
  if (whole.empty() || !all_digits(whole) || !all_digits(fraction)) return {};
  if (decimals) round(whole, fraction, *decimals);
  for (size_t at = whole.size(); at > 3; at -= 3) whole.insert(at - 3, 1, ',');
  if (negative && (whole + fraction).find_first_not_of("0,") != std::string::npos)
    whole.insert(0, 1, '-');
  return fraction.empty() ? whole : whole + "." + fraction;
}

Result<void> apply(const Filter& filter, Value& value) {
  if (filter.kind == Filter::Kind::fallback) {
    if (value.kind == Value::Kind::missing || value.kind == Value::Kind::null)
      value = {Value::Kind::text, filter.text};
    return {};
  }
  if (value.kind == Value::Kind::missing) return {};
  if (filter.kind == Filter::Kind::json) {
    if (value.kind == Value::Kind::text) {
      std::string quoted;
      append_json_string(quoted, value.text);
      value.text = std::move(quoted);
    }
    value.kind = Value::Kind::json;
    return {};
  }
  if (value.kind == Value::Kind::null) return {};
  switch (filter.kind) {
    case Filter::Kind::number: {
      const auto decimals = filter.has_number ? std::optional(filter.number) : std::nullopt;
      const auto separated =
          value.kind == Value::Kind::json ? std::nullopt : with_separators(value.text, decimals);
      if (!separated)
        return fail(fmt::format("{} is not a plain decimal number", value.text.substr(0, 64)));
      value = {Value::Kind::text, *separated};
      return {};
    }
    case Filter::Kind::upper:
      change_case(value.text, 'a', 'A');
      return {};
    case Filter::Kind::lower:
      change_case(value.text, 'A', 'a');
      return {};
    case Filter::Kind::truncate:
      truncate(value.text, filter.number);
      value.kind = Value::Kind::text;
      return {};
    case Filter::Kind::fallback:
    case Filter::Kind::json:
      break;
  }
  return {};
}

}  // namespace belfry::functions

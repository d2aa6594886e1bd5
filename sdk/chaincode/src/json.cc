#include "belfry/chaincode/json.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

namespace belfry::chaincode {
namespace {

constexpr std::size_t kMaxDepth =
    64;  // of nested arrays and objects: a bound for what strangers send

void write_number(double value, std::string& out) {
  char text[40];
  // Whole numbers as such; the shortest form of 100000.0 would be 1e+05. JSON has no words for
  // infinities.
  const bool whole = std::abs(value) < 9007199254740992.0 && value == std::trunc(value);
  const auto end = !std::isfinite(value) ? std::to_chars_result{text, std::errc()}
                   : whole
                       ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value))
                       : std::to_chars(text, text + sizeof text, value);
  out += end.ptr == text ? std::string_view("null") : std::string_view(text, end.ptr);
}

void write(const Json& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    char before = '{';
    for (const auto& member : *object) {
      out += before;
      out += boost::json::serialize(member.key());
      out += ':';
      write(member.value(), out);
      before = ',';
    }
    out += before == '{' ? "{}" : "}";
  } else if (const auto* array = value.if_array()) {
    char before = '[';
    for (const Json& element : *array) {
      out += before;
      write(element, out);
      before = ',';
    }
    out += before == '[' ? "[]" : "]";
  } else if (const double* number = value.if_double()) {
    write_number(*number, out);
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string to_text(const Json& value) {
  std::string out;
  write(value, out);
  return out;
}

Result<bool> Codec<bool>::read(const Json& value) {
  if (const bool* content = value.if_bool()) return *content;
  return detail::must_be("true or false", value);
}

Result<std::string> Codec<std::string>::read(const Json& value) {
  if (const auto* content = value.if_string()) return std::string(content->data(), content->size());
  return detail::must_be("a string", value);
}

namespace detail {

Error must_be(std::string_view what, const Json& value) {
  std::string seen = to_text(value);
  if (seen.size() > 40) {
    std::size_t end = 37;  // not within a character
    while (end > 0 && (static_cast<unsigned char>(seen[end]) & 0xC0) == 0x80) --end;
    seen.resize(end);
    seen += "...";
  }
  return {"must be " + std::string(what) + ", not " + seen, 400};
}

Error within(std::string_view name, const Error& error) {
  return {std::string(name) + ": " + error.message, error.status, error.payload};
}

Result<std::int64_t> read_signed(const Json& value, std::int64_t least, std::int64_t most) {
  boost::json::error_code code;
  const auto number = value.is_number() ? value.to_number<std::int64_t>(code)
                                        : (code = boost::json::error::not_number, 0);
  if (code || number < least || number > most) {
    return must_be("a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                   value);
  }
  return number;
}

Result<std::uint64_t> read_unsigned(const Json& value, std::uint64_t most) {
  boost::json::error_code code;
  const auto number = value.is_number() ? value.to_number<std::uint64_t>(code)
                                        : (code = boost::json::error::not_number, 0);
  if (code || number > most)
    return must_be("a whole number from 0 to " + std::to_string(most), value);
  return number;
}

Result<double> read_number(const Json& value) {
  boost::json::error_code code;
  const double number = value.is_number() ? value.to_number<double>(code) : 0;
  if (!value.is_number() || code || !std::isfinite(number)) return must_be("a number", value);
  return number;
}

Json type_schema(std::string_view type, std::string_view format) {
  boost::json::object out{{"type", type}};
  if (!format.empty()) out.emplace("format", format);
  return out;
}

}  // namespace detail
}  // namespace belfry::chaincode

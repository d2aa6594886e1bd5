// Boost's parser, but with numbers as exact as their text: by itself it rounds the last bit of some
// doubles otherwise than everybody else, and what a chaincode reads and writes again must not
// change.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>

#include "belfry/chaincode/json.h"

namespace belfry::chaincode {
namespace {

using boost::json::error_code;
using boost::json::string_view;

constexpr std::size_t kMaxDepth =
    64;  // of nested arrays and objects: a bound for what strangers send

// Builds the value as the parser walks through the text. All calls say to go on.
struct Builder {
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) { return stack.push_object(size), true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) { return stack.push_array(size), true; }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    return stack.push_chars(part), true;
  }
  bool on_key(string_view rest, std::size_t, error_code&) { return stack.push_key(rest), true; }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    return stack.push_chars(part), true;
  }
  bool on_string(string_view rest, std::size_t, error_code&) {
    return stack.push_string(rest), true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    return stack.push_int64(value), true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    return stack.push_uint64(value), true;
  }
  bool on_double(double value, string_view text, error_code&) {
    double exact = value;
    // Out of range: infinite or zero, as the parser has it.
    std::from_chars(text.data(), text.data() + text.size(), exact);
    return stack.push_double(exact), true;
  }
  bool on_bool(bool value, error_code&) { return stack.push_bool(value), true; }
  bool on_null(error_code&) { return stack.push_null(), true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  boost::json::value_stack stack;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<Builder> parser(options);
  parser.handler().stack.reset();
  error_code code;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (!code && read < text.size()) code = boost::json::error::extra_data;
  if (code) return Error{"not valid JSON: " + code.message(), 400};
  return parser.handler().stack.release();
}

}  // namespace belfry::chaincode

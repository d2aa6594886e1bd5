// What patterns are matched against: fields by path with their values, from JSON, from message
// attributes or from an event's envelope. One Document is filled, matched by as many Matchers as
// one likes, cleared and filled again; its buffers stay.
//
// A path's steps are joined by dots, and a key that holds dots is as good as nested ones: {"a":
// {"b": 1}},
// {"a.b": 1} and add_number("a.b", "1") are the same field.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::match {

// Reusable; one thread at a time. Values, keys and paths are views into what was added: it must
// outlive the matching.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  void clear();

  // Every leaf of a JSON object, below `prefix` ("payload", or empty for the top level). Arrays
  // give each element. False, adding nothing, when the text is not a JSON object (RFC 8259, UTF-8,
  // at most 1,000 levels, 4 GiB).
  [[nodiscard]] bool add_json(std::string_view json, std::string_view prefix = {});
  // Any JSON value at `path`: a scalar, an array or an object, such as an event's payload. False as
  // above.
  [[nodiscard]] bool add_value(std::string_view path, std::string_view json);
  // A JSON array of strings, numbers, booleans and nulls (an SNS String.Array attribute); false if
  // it is none.
  [[nodiscard]] bool add_array(std::string_view path, std::string_view json_array);

  // A text that is gone before the matching would be no use.
  template <std::same_as<std::string> Text>
  bool add_json(Text&& json, std::string_view prefix = {}) = delete;
  template <std::same_as<std::string> Text>
  bool add_value(std::string_view path, Text&& json) = delete;

  void add_string(std::string_view path, std::string_view value);
  // False, adding nothing, when the digits are no number as JSON writes it.
  bool add_number(std::string_view path, std::string_view digits);
  void add_boolean(std::string_view path, bool value);

  struct State;
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace belfry::match

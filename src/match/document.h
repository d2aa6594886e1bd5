// What patterns are matched against: fields by path with their values, flattened from JSON, from message attributes or
// from an event's envelope, in one buffer that is reused from document to document.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::match {

// Reusable; one thread at a time. Values are views into what was added: it must outlive the matching.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  void clear();

  // Every leaf of a JSON object, below `prefix` ("payload", or empty for the top level). Arrays give each element.
  // False, adding nothing, when the text is not a JSON object.
  [[nodiscard]] bool add_json(std::string_view json, std::string_view prefix = {});
  // A JSON array of strings, numbers, booleans and nulls (an SNS String.Array attribute); false if it is none.
  [[nodiscard]] bool add_array(std::string_view path, std::string_view json_array);

  void add_string(std::string_view path, std::string_view value);
  void add_number(std::string_view path, std::string_view digits);
  void add_boolean(std::string_view path, bool value);

  struct State;
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace belfry::match

// A document's fields in the order they were added, objects before what is in them. Private to
// match/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/document.h"

namespace simdjson::dom {
class parser;
}

namespace belfry::match {

enum class Kind : uint8_t { object, string, number, true_value, false_value, null_value };

constexpr uint32_t kNone = ~uint32_t{0};

struct Field {
  std::string_view key;   // unescaped; may hold dots
  std::string_view text;  // of a string, unescaped; of a number, its digits
  uint32_t parent;        // the object it is in, as an index of a field; kNone at the top
  uint32_t end;           // of an object: the index after all that is in it
  uint32_t
      element;  // the innermost array element it is in, as an index of elements; kNone: in none
  Kind kind;
};

// Elements of one array exclude each other: what two conditions of one pattern find must not lie in
// different elements of the same array.
struct Element {
  uint32_t array;
  uint32_t parent;  // the element that its array is in, or kNone
};

struct Document::State {
  State();
  ~State();

  std::vector<Field> fields;
  std::vector<Element> elements;
  uint32_t arrays = 0;
  std::deque<std::string> unescaped;  // texts that had escapes; addresses stay
  size_t unescaped_count = 0;
  std::unique_ptr<simdjson::dom::parser> scanner;
  size_t capacity = 0;  // of the scanner, in bytes
};

// Whether what is found in both elements (or none) may go together.
bool consistent(const Document::State& state, uint32_t a, uint32_t b);

}  // namespace belfry::match

// A clause compiled: all conditions of one way through a pattern in one block of memory, small
// enough for a million of them and read from front to back when a document comes near. Private to
// match/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "match/document_state.h"
#include "match/number.h"
#include "match/pattern_node.h"

namespace belfry::match {

using PatternId = uint64_t;

// A value of a document at a path that some pattern looks at.
struct Value {
  std::string_view text;
  NumberView number;  // if kind is number
  uint32_t element;   // of the document's, or kNone
  uint32_t next;      // value of the same path, or kNone
  Kind kind;
};

struct Clause;

// A clause's place in one of the index's lists; doubly linked, so that leaving is cheap however
// long the list.
struct Entry {
  Entry* next;
  Entry* previous;   // null: the list's head points here
  uint32_t ordinal;  // among its clause's entries
  uint32_t unused;
  Clause* clause();
};

// The block: this header, `entries` Entry objects, then the program.
struct Clause {
  PatternId id;
  Clause* next;  // of the same pattern
  uint32_t entries;
  uint16_t conditions;
  uint16_t chosen;  // the condition whose tests the entries stand for
  uint32_t program_size;
  uint32_t unused;

  Entry* entry(uint32_t i) { return reinterpret_cast<Entry*>(this + 1) + i; }
  const char* program() const {
    return reinterpret_cast<const char*>(reinterpret_cast<const Entry*>(this + 1) + entries);
  }
  size_t bytes() const { return sizeof(Clause) + entries * sizeof(Entry) + program_size; }
};

inline Clause* Entry::clause() {
  return reinterpret_cast<Clause*>(this - ordinal) - 1;
}

// Appends a condition's program. It names its path by number and holds no pointer but to the
// pattern's RE2s.
void append_program(std::string& out, uint32_t path, const Condition& condition);

struct ConditionHead {
  uint32_t path;
  uint32_t size;  // of the tests, in bytes
  uint32_t tests;
  bool may_miss;  // one of the tests is `missing`
};
constexpr size_t kConditionHead = 13;
ConditionHead read_condition(const char* program);

// The tests as append_program was given them; `program` is at the first.
std::vector<Test> read_tests(const char* program, uint32_t tests);

// Whether the value passes the condition's tests; `program` is at the first test.
bool passes(const char* program, uint32_t tests, const Value& value, std::string& folded);

}  // namespace belfry::match

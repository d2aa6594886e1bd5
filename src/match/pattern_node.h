// A parsed pattern as the parser leaves it and the matcher takes it: every way through its $or's is
// a clause, a list of conditions that must all hold. Private to match/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "match/cidr.h"
#include "match/number.h"
#include "match/pattern.h"

namespace re2 {
class RE2;
}

namespace belfry::match {

enum class Operator : uint8_t {
  string,  // text
  number,  // low
  true_value,
  false_value,
  null_value,
  prefix,              // text
  suffix,              // text
  ignore_case,         // text, folded
  prefix_ignore_case,  // text, folded
  suffix_ignore_case,  // text, folded
  wildcard,            // text with '*', and '\' before a literal '*' or '\'
  regex,               // expression
  range,               // low, high
  cidr,                // network
  exists,              // any value at all
  missing,             // no value at all
  none_of,             // a value that passes none of `others`
};

struct Bound {
  Decimal value;
  bool given = false, open = false;  // open: the bound itself is outside
};

// One alternative of a condition: what a single value must be.
struct Test {
  Operator op = Operator::exists;
  std::string text;
  Bound low, high;
  Network network;
  std::shared_ptr<const re2::RE2> expression;
  std::vector<Test> others;
};

struct Condition {
  std::string path;  // steps joined by dots
  size_t offset = 0;
  std::vector<Test> tests;  // one must pass
};

struct Pattern::Node {
  std::string source;
  Dialect dialect;
  std::vector<Condition> conditions;
  std::vector<std::vector<uint32_t>> clauses;  // of indices into conditions
};

}  // namespace belfry::match

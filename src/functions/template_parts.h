// A template after parsing. (Inside of functions/template.h.)
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "functions/template.h"

namespace belfry::functions {

using Step = std::variant<std::string, size_t>;  // a field or an element

struct Filter {
  enum class Kind { fallback, json, number, upper, lower, truncate };
  Kind kind = Kind::json;
  std::string text;   // fallback: what stands instead
  size_t number = 0;  // number: decimals; truncate: characters
  bool has_number = false;
};

struct Hole {
  std::string source;  // as written between the braces, trimmed
  std::string path;    // the path as written; empty: a literal
  std::vector<Step> steps;
  std::string literal;
  std::vector<Filter> filters;
  size_t line = 1, column = 1;
  bool quoted = false;  // Output::json: it stands within quotes
};

struct Template::Parsed {
  Output output = Output::text;
  std::vector<std::variant<std::string, Hole>> pieces;
};

}  // namespace belfry::functions

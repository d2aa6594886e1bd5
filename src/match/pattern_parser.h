// Reads one pattern: the grammar that both kinds of dialect share, with the places where they
// differ asked of `sns`. Private to match/; callers use Pattern::parse.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "match/json_tokens.h"
#include "match/pattern_node.h"

namespace belfry::match {

class PatternParser {
 public:
  PatternParser(std::string_view json, Dialect dialect, Pattern::Node& node)
      : tokens_(json, dialect != Dialect::listener),
        sns_(dialect != Dialect::listener),
        dialect_(dialect),
        node_(node) {}

  bool parse();  // false: error()
  PatternError take_error() { return std::move(error_); }

 private:
  using Clauses = std::vector<std::vector<uint32_t>>;

  bool object(Clauses& clauses, const std::string& path, size_t depth, bool inside_or,
              uint64_t& combinations);
  bool field(Clauses& clauses, const std::string& name, size_t name_at, const std::string& path,
             size_t depth, bool inside_or, uint64_t& combinations);
  bool either(Clauses& clauses, const std::string& path, size_t depth, uint64_t& combinations);
  bool condition(Clauses& clauses, const std::string& path, size_t offset, bool list,
                 size_t& values);
  bool add(Clauses& clauses, Condition condition);
  bool scalar(Test& test);
  bool expression(Test& test);
  bool operation(const std::string& name, size_t name_at, Test& test);
  bool numeric(Test& test);
  bool numeric_term(Test& test, bool first, bool& last);
  bool anything_but(Test& test);
  bool anything_but_value(Operator op, Test& test);
  bool ignore_case_inside(const char* outer, Operator op, Test& test);
  bool text_operand(Operator op, const char* name, Test& test);
  bool network(Test& test);
  bool wildcard(Test& test);
  bool regex(Test& test);
  bool exists(Test& test);
  bool bound(Bound& bound, const std::string& op);
  bool close_expression(const char* sns_words = "Only one key allowed in match expression");
  bool misplaced_operator(const std::string& name, size_t name_at);
  bool check_limits(uint64_t combinations, size_t keys);

  // Refusals: `sns` in SNS's words where the dialect is one of its, with the place it would name;
  // else `plain`.
  bool refuse(const std::string& sns, const std::string& plain);
  bool refuse_text(const std::string& sns,
                   const std::string& plain);  // of a string that SNS's reader has read whole
  bool refuse_at(size_t offset, const std::string& sns, const std::string& plain);
  bool refuse_without_place(const std::string& sns, const std::string& plain);
  bool broken();  // the text is no JSON
  void prefer_broken();

  Token next() { return tokens_.next(); }
  bool is(Token token) const { return tokens_.token() == token; }

  JsonTokens tokens_;
  bool sns_;
  Dialect dialect_;
  Pattern::Node& node_;
  PatternError error_;
  bool nested_ = false;
};

}  // namespace belfry::match

#include "match/pattern_parser.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "match/text.h"

namespace belfry::match {

namespace {

constexpr size_t kMostClauses = 1000;  // ways through the $or's of one pattern
constexpr size_t kMostConditions =
    10000;                       // summed over those ways: what one pattern may cost the index
constexpr size_t kMostKeys = 5;  // SNS's
constexpr uint64_t kMostCombinations = 150;
constexpr double kLargest = 1e9;  // SNS compares numbers up to here
constexpr int64_t kRegexMemory = 1 << 20;

constexpr std::array<std::string_view, 10> kOperators = {
    "prefix", "suffix", "equals-ignore-case", "anything-but", "numeric",
    "exists", "cidr",   "wildcard",           "regex",        "exactly"};
constexpr std::array<std::string_view, 10> kReserved = {
    "exactly", "prefix", "suffix", "equals-ignore-case", "anything-but", "exists", "wildcard",
    "numeric", "cidr",   "regex"};

bool has(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string perhaps(std::string_view given, std::span<const std::string_view> names) {
  std::string_view near = nearest(given, names);
  return near.empty() ? "" : "; did you mean " + quoted(near) + "?";
}

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

}  // namespace

bool PatternParser::refuse_at(size_t offset, const std::string& sns, const std::string& plain) {
  if (is(Token::error)) return broken();
  // SNS's reader looks one value ahead of a name; its refusals point there.
  if (sns_ && is(Token::name)) next();
  error_.message = sns_ ? sns + tokens_.compact_location(tokens_.offset()) : plain;
  error_.offset = offset;
  prefer_broken();
  return false;
}

// SNS reads the whole text as JSON before it looks for a policy in it.
void PatternParser::prefer_broken() {
  if (!sns_) return;
  Token token = tokens_.token();
  while (token != Token::end && token != Token::error) token = next();
  if (token == Token::error) broken();
}

bool PatternParser::refuse(const std::string& sns, const std::string& plain) {
  return refuse_at(tokens_.begin(), sns, plain);
}

bool PatternParser::refuse_text(const std::string& sns, const std::string& plain) {
  error_ = {sns_ ? sns + tokens_.compact_location(tokens_.end()) : plain, tokens_.begin()};
  prefer_broken();
  return false;
}

bool PatternParser::refuse_without_place(const std::string& sns, const std::string& plain) {
  if (is(Token::error)) return broken();
  error_ = {sns_ ? sns : plain, tokens_.begin()};
  return false;
}

bool PatternParser::broken() {
  error_ = {tokens_.error(), tokens_.offset()};
  return false;
}

bool PatternParser::parse() {
  if (next() != Token::begin_object)
    return refuse("Filter is not an object", "a pattern is a JSON object");
  Clauses clauses(1);
  uint64_t combinations = 1;
  if (!object(clauses, "", 1, false, combinations)) return false;
  if (next() != Token::end) return broken();
  node_.clauses = std::move(clauses);
  if (dialect_ == Dialect::sns && nested_) {
    error_ = {"Filter policy scope MessageAttributes does not support nested filter policy", 0,
              true};
    return false;
  }
  return true;
}

bool PatternParser::check_limits(uint64_t combinations, size_t keys) {
  if (!sns_) return true;
  if (keys > kMostKeys)
    return refuse_without_place("Filter policy can not have more than 5 keys", "");
  if (combinations > kMostCombinations)
    return refuse_without_place("Filter policy is too complex", "");
  return true;
}

// After the opening brace; leaves its closing one as the current token. `combinations` is
// multiplied by what SNS counts for the object: for each list its length times the depth of its
// key.
bool PatternParser::object(Clauses& clauses, const std::string& path, size_t depth, bool inside_or,
                           uint64_t& combinations) {
  size_t keys = 0;
  while (next() == Token::name) {
    ++keys;
    std::string name = tokens_.value();
    size_t name_at = tokens_.begin();
    if (name == "$or" ? !either(clauses, path, depth, combinations)
                      : !field(clauses, name, name_at, path, depth, inside_or, combinations)) {
      return false;
    }
  }
  if (is(Token::error)) return broken();
  bool top = depth == 1 && !inside_or;
  if (keys == 0 && !top)
    return refuse("Empty objects are not allowed", "an empty object matches nothing; leave it out");
  return !top || check_limits(combinations, keys);
}

bool PatternParser::field(Clauses& clauses, const std::string& name, size_t name_at,
                          const std::string& path, size_t depth, bool inside_or,
                          uint64_t& combinations) {
  if (sns_ && inside_or &&
      (has(kReserved, name) || name == "=" || name == "<" || name == "<=" || name == ">" ||
       name == ">=")) {
    return refuse(name + " is Ruler reserved fieldName which cannot be used inside $or.", "");
  }
  std::string whole = join(path, name);
  switch (next()) {
    case Token::begin_object:
      nested_ = true;
      return object(clauses, whole, depth + 1, inside_or, combinations);
    case Token::begin_array: {
      if (!sns_ && (name == "anything-but" || name == "equals-ignore-case" || name == "numeric")) {
        return misplaced_operator(name, name_at);
      }
      size_t values = 0;
      if (!condition(clauses, whole, name_at, true, values)) return false;
      combinations = std::min(combinations * values * depth, kMostCombinations + 1);
      return true;
    }
    case Token::error:
      return broken();
    default: {
      if (sns_) return refuse(quoted(name) + " must be an object or an array", "");
      if (name == "anything-but" || name == "equals-ignore-case")
        return misplaced_operator(name, name_at);
      size_t values = 0;
      return condition(clauses, whole, name_at, false, values);
    }
  }
}

bool PatternParser::misplaced_operator(const std::string& name, size_t name_at) {
  return refuse_at(
      name_at, "",
      quoted(name) + " is an operator: it stands in a list, as in [{" + quoted(name) + ": …}]");
}

// $or: [{…}, {…}, …]. The clauses so far go on once per alternative.
bool PatternParser::either(Clauses& clauses, const std::string& path, size_t depth,
                           uint64_t& combinations) {
  if (next() != Token::begin_array) {
    return refuse("It must be an Array followed with $or.", "$or takes a list of objects");
  }
  Clauses before = std::move(clauses);
  clauses.clear();
  uint64_t sum = 0;
  size_t alternatives = 0;
  while (next() != Token::end_array) {
    if (!is(Token::begin_object)) {
      return refuse("Only JSON object is allowed in array of $or relationship.",
                    "$or takes a list of objects");
    }
    Clauses ways = before;
    uint64_t product = 1;
    if (!object(ways, path, depth, true, product)) return false;
    sum = std::min(sum + product, kMostCombinations + 1);
    ++alternatives;
    std::move(ways.begin(), ways.end(), std::back_inserter(clauses));
    size_t conditions = 0;
    for (const auto& clause : clauses) conditions += clause.size();
    if (clauses.size() > kMostClauses || conditions > kMostConditions) {
      return refuse_without_place("Filter policy is too complex",
                                  "too many ways through its $or's: more than " +
                                      std::to_string(kMostClauses) + ", or of more than " +
                                      std::to_string(kMostConditions) + " conditions");
    }
  }
  if (is(Token::error)) return broken();
  if (alternatives < 2) {
    return refuse("There must have at least 2 Objects in $or relationship.",
                  "$or takes at least two objects");
  }
  combinations = std::min(combinations * sum, kMostCombinations + 1);
  return true;
}

// After the opening bracket (list), or at the bare scalar that stands for a list of one.
bool PatternParser::condition(Clauses& clauses, const std::string& path, size_t offset, bool list,
                              size_t& values) {
  Condition condition{path, offset, {}};
  while (!list || next() != Token::end_array) {
    Test& test = condition.tests.emplace_back();
    if (is(Token::begin_object) ? !expression(test) : !scalar(test)) return false;
    if (!list) break;
  }
  if (condition.tests.empty()) {
    return refuse("Empty arrays are not allowed",
                  "an empty list matches nothing; leave the field out");
  }
  values = condition.tests.size();
  return add(clauses, std::move(condition));
}

bool PatternParser::add(Clauses& clauses, Condition condition) {
  uint32_t index = static_cast<uint32_t>(node_.conditions.size());
  const std::string& path = condition.path;
  for (auto& clause : clauses) {
    // SNS lets the last of several lists for one path win.
    if (sns_)
      std::erase_if(clause, [&](uint32_t other) { return node_.conditions[other].path == path; });
    clause.push_back(index);
  }
  node_.conditions.push_back(std::move(condition));
  return true;
}

bool PatternParser::scalar(Test& test) {
  switch (tokens_.token()) {
    case Token::string:
      test.op = Operator::string;
      test.text = tokens_.value();
      return true;
    case Token::number:
      test.op = Operator::number;
      test.low.value = own(parse_number(tokens_.value()));
      return true;
    case Token::true_value:
      test.op = Operator::true_value;
      return true;
    case Token::false_value:
      test.op = Operator::false_value;
      return true;
    case Token::null_value:
      test.op = Operator::null_value;
      return true;
    case Token::error:
      return broken();
    default:
      return refuse("Match value must be String, number, true, false, or null",
                    "a list holds strings, numbers, true, false, null and operators");
  }
}

// {"operator": operand}, after the opening brace.
bool PatternParser::expression(Test& test) {
  if (next() != Token::name)
    return refuse("Match expression name not found", "an operator must stand here");
  std::string name = tokens_.value();
  return operation(name, tokens_.begin(), test);
}

bool PatternParser::operation(const std::string& name, size_t name_at, Test& test) {
  if (name == "exactly")
    return next(), text_operand(Operator::string, "exact", test) && close_expression();
  if (name == "prefix" || name == "suffix") {
    bool prefix = name == "prefix";
    if (next() == Token::begin_object) {
      return ignore_case_inside(
          prefix ? "Prefix" : "Suffix",
          prefix ? Operator::prefix_ignore_case : Operator::suffix_ignore_case, test);
    }
    return text_operand(prefix ? Operator::prefix : Operator::suffix, name.c_str(), test) &&
           close_expression();
  }
  if (name == "equals-ignore-case") {
    return next(), text_operand(Operator::ignore_case, name.c_str(), test) && close_expression();
  }
  if (name == "numeric") return numeric(test);
  if (name == "anything-but") return anything_but(test);
  if (name == "exists") return exists(test);
  if (name == "cidr") return network(test);
  if (name == "wildcard") return next(), wildcard(test) && close_expression();
  if (name == "regex" && !sns_) return next(), regex(test) && close_expression();
  return refuse_at(name_at, "Unrecognized match type " + name,
                   quoted(name) + " is no operator" + perhaps(name, kOperators));
}

bool PatternParser::close_expression(const char* sns_words) {
  if (next() == Token::end_object) return true;
  return refuse(sns_words, "one operator per object; put each into an object of its own");
}

bool PatternParser::text_operand(Operator op, const char* name, Test& test) {
  if (!is(Token::string)) {
    return refuse(std::string(name) + " match pattern must be a string",
                  std::string(name) + " takes a string");
  }
  test.op = op;
  if (op == Operator::ignore_case || op == Operator::prefix_ignore_case ||
      op == Operator::suffix_ignore_case) {
    append_folded(test.text, tokens_.value());
  } else {
    test.text = tokens_.value();
  }
  return true;
}

// {"prefix": {"equals-ignore-case": "x"}}, after the second brace.
bool PatternParser::ignore_case_inside(const char* outer, Operator op, Test& test) {
  std::string lower = outer;
  lower[0] = static_cast<char>(lower[0] | 0x20);
  if (next() != Token::name)
    return refuse(std::string(outer) + " expression name not found", "an operator must stand here");
  if (tokens_.value() != "equals-ignore-case") {
    return refuse("Unsupported " + lower + " pattern: " + tokens_.value(),
                  lower + " takes a string or {\"equals-ignore-case\": …}");
  }
  next();
  return text_operand(op, "equals-ignore-case", test) && close_expression() && close_expression();
}

bool PatternParser::exists(Test& test) {
  next();
  if (!is(Token::true_value) && !is(Token::false_value)) {
    return refuse("exists match pattern must be either true or false.",
                  "exists takes true or false");
  }
  test.op = is(Token::true_value) ? Operator::exists : Operator::missing;
  return close_expression();
}

bool PatternParser::network(Test& test) {
  // These are SNS's words for a cidr that is no string.
  if (next() != Token::string)
    return refuse("prefix match pattern must be a string", "cidr takes a string");
  Result<Network> network = parse_network(tokens_.value());
  if (!network) {
    return refuse_without_place(
        network.error().message,
        "cidr " + quoted(tokens_.value()) + ": " + network.error().message + ", as in 10.0.0.0/8");
  }
  test.op = Operator::cidr;
  test.network = *network;
  return close_expression();
}

bool PatternParser::wildcard(Test& test) {
  if (!is(Token::string))
    return refuse("wildcard match pattern must be a string", "wildcard takes a string");
  const std::string& text = tokens_.value();
  // SNS counts from the quote before the text.
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*' && i + 1 < text.size() && text[i + 1] == '*') {
      return refuse_text("Consecutive wildcard characters at pos " + std::to_string(i + 1),
                         "one * is as good as two in a row");
    }
    if (text[i] != '\\') continue;
    if (++i == text.size() || (text[i] != '*' && text[i] != '\\')) {
      return refuse_text("Invalid escape character at pos " + std::to_string(i),
                         "in a wildcard, \\ stands before * or \\ only");
    }
  }
  test.op = Operator::wildcard;
  test.text = text;
  return true;
}

bool PatternParser::regex(Test& test) {
  if (!is(Token::string)) return refuse("", "regex takes a string");
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kRegexMemory);
  auto expression = std::make_shared<const RE2>(tokens_.value(), options);
  if (!expression->ok()) return refuse("", "regex: " + expression->error());
  test.op = Operator::regex;
  test.text = tokens_.value();
  test.expression = std::move(expression);
  return true;
}

}  // namespace belfry::match

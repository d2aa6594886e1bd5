// The two operators with a little language of their own: numeric and anything-but.
#include "match/pattern_parser.h"

namespace belfry::match {

namespace {

constexpr double kLargest = 1e9;  // SNS compares numbers up to here
constexpr const char* kTooManyElements = "Too many elements in numeric expression";

std::string shown(const JsonTokens& tokens) {
  switch (tokens.token()) {
    case Token::begin_object:
      return "{";
    case Token::end_object:
      return "}";
    case Token::begin_array:
      return "[";
    case Token::end_array:
      return "]";
    case Token::true_value:
      return "true";
    case Token::false_value:
      return "false";
    case Token::null_value:
      return "null";
    default:
      return tokens.value();
  }
}

}  // namespace

bool PatternParser::bound(Bound& bound, const std::string& op) {
  if (!is(Token::number)) {
    return refuse("Value of " + (op == "=" ? "equals" : op) + " must be numeric",
                  op + " takes a number");
  }
  NumberView number = parse_number(tokens_.value());
  if (sns_ && (number.value < -kLargest || number.value > kLargest)) {
    return refuse("Value must be between -1.0E9 and 1.0E9, inclusive", "");
  }
  bound = {own(number), true, op == ">" || op == "<"};
  return true;
}

// {"numeric": [OP, N]} or {"numeric": [">" or ">=", N, "<" or "<=", N]}, at the operator's name.
bool PatternParser::numeric(Test& test) {
  if (next() != Token::begin_array) {
    return refuse("Value of numeric must be an array.",
                  "numeric takes a list, as in [\">=\", 10, \"<\", 20]");
  }
  if (next() != Token::string) {
    return refuse("Invalid member in numeric match: " + shown(tokens_),
                  "numeric's list begins with =, <, <=, > or >= as a string");
  }
  std::string op = tokens_.value();
  bool equals = op == "=", low = op == ">" || op == ">=", high = op == "<" || op == "<=";
  if (!equals && !low && !high) {
    next();
    return refuse("Unrecognized numeric range operator: " + op,
                  "numeric knows =, <, <=, > and >=, not \"" + op + "\"");
  }
  next();
  if (!bound(high ? test.high : test.low, op)) return false;
  test.op = equals ? Operator::number : Operator::range;
  Token token = next();
  if (token != Token::end_array) {
    if (!low)
      return refuse(kTooManyElements,
                    "numeric takes one comparison, or a lower and then an upper bound");
    if (token != Token::string) {
      return refuse("Bad value in numeric range: " + shown(tokens_),
                    "< or <= must stand here, as a string");
    }
    op = tokens_.value();
    if (op != "<" && op != "<=") {
      return refuse_text("Bad numeric range operator: " + op,
                         "after a lower bound only < or <= can stand, not \"" + op + "\"");
    }
    next();
    if (!bound(test.high, op)) return false;
    const bool closed = next() == Token::end_array;
    if (compare(test.low.value.view(), test.high.value.view()) >= 0 &&
        (compare(test.low.value.view(), test.high.value.view()) > 0 || test.low.open ||
         test.high.open)) {
      return refuse("Bottom must be less than top", "the lower bound must be below the upper one");
    }
    if (!closed) {
      return refuse("Too many terms in numeric range expression",
                    "numeric takes at most two comparisons");
    }
  }
  return close_expression(kTooManyElements);
}

// {"anything-but": "x" | 1 | ["x", …] | {"prefix" | …: "x" | […]}}, at the operator's name.
bool PatternParser::anything_but(Test& test) {
  test.op = Operator::none_of;
  Operator op = Operator::string;
  std::string inner;
  if (next() == Token::begin_object) {
    if (next() != Token::name)
      return refuse("Anything-But expression name not found", "an operator must stand here");
    inner = tokens_.value();
    if (inner == "prefix") {
      op = Operator::prefix;
    } else if (inner == "wildcard") {
      op = Operator::wildcard;
    } else if (inner == "equals-ignore-case" && !sns_) {
      op = Operator::ignore_case;
    } else if (inner == "suffix" && !sns_) {
      op = Operator::suffix;
    } else {
      return refuse("Unsupported anything-but pattern: " + inner,
                    "anything-but takes a value, a list, or prefix, suffix, equals-ignore-case or "
                    "wildcard, not \"" +
                        inner + "\"");
    }
    next();
  }
  bool list = is(Token::begin_array);
  if (inner.empty() && !list && !is(Token::string) && !is(Token::number) &&
      (sns_ || is(Token::begin_object))) {
    return refuse("Value of anything-but must be an array or single string/number value.",
                  "anything-but takes a string, a number, a list or an operator");
  }
  while (!list || next() != Token::end_array) {
    if (!anything_but_value(op, test)) return false;
    if (!list) break;
  }
  bool numbers = false, others = false;
  for (const Test& other : test.others) (other.op == Operator::number ? numbers : others) = true;
  if (test.others.empty() || (sns_ && numbers && others)) {
    return refuse(
        "Inside anything but list, either all values are number or string, mixed type is not "
        "supported",
        "anything-but needs at least one value");
  }
  return close_expression(kTooManyElements) &&
         (inner.empty() || close_expression(kTooManyElements));
}

bool PatternParser::anything_but_value(Operator op, Test& test) {
  Test& other = test.others.emplace_back();
  switch (op) {
    case Operator::wildcard:
      return wildcard(other);
    case Operator::ignore_case:
      return text_operand(op, "equals-ignore-case", other);
    case Operator::prefix:
    case Operator::suffix:
      if (is(Token::string) && tokens_.value().empty()) {
        return refuse_text("Null prefix/suffix not allowed",
                           "an empty prefix or suffix leaves no value to match");
      }
      return text_operand(op, op == Operator::prefix ? "prefix" : "suffix", other);
    default:
      break;
  }
  if (sns_ && !is(Token::string) && !is(Token::number)) {
    return refuse("Inside anything but list, start|null|boolean is not supported.", "");
  }
  if (is(Token::number)) {
    Bound number;
    if (!bound(number, "=")) return false;
    other.op = Operator::number;
    other.low.value = std::move(number.value);
    return true;
  }
  return scalar(other);
}

}  // namespace belfry::match

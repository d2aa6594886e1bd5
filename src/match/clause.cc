#include "match/clause.h"

#include <re2/re2.h>

#include <charconv>

#include <cstring>

#include "match/text.h"

namespace belfry::match {

namespace {

enum RangeFlag : uint8_t { kLow = 1, kLowOpen = 2, kHigh = 4, kHighOpen = 8 };

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T take(const char*& p) {
  T out;
  std::memcpy(&out, p, sizeof out);
  p += sizeof out;
  return out;
}

void append_text(std::string& out, std::string_view text) {
  append(out, static_cast<uint32_t>(text.size()));
  out += text;
}

std::string_view take_text(const char*& p) {
  uint32_t size = take<uint32_t>(p);
  std::string_view out(p, size);
  p += size;
  return out;
}

// Digits only where the double alone is not enough.
void append_number(std::string& out, const Decimal& number) {
  append(out, number.value);
  append(out, number.exact);
  if (!number.exact) append_text(out, number.digits);
}

NumberView take_number(const char*& p) {
  NumberView out;
  out.value = take<double>(p);
  out.exact = take<bool>(p);
  if (!out.exact) out.digits = take_text(p);
  return out;
}

// An exact number of a program has no digits at hand; they are needed only against one that is not
// exact.
int compare_with_program(const NumberView& value, const NumberView& bound) {
  if (value.value != bound.value) return value.value < bound.value ? -1 : 1;
  if (value.exact && bound.exact) return 0;
  if (!bound.exact) return compare_digits(value.digits, bound.digits);
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof digits,
                           bound.value);  // the shortest that reads back: the decimal itself
  return compare_digits(value.digits, {digits, static_cast<size_t>(end.ptr - digits)});
}

void append_test(std::string& out, const Test& test) {
  append(out, test.op);
  switch (test.op) {
    case Operator::string:
    case Operator::prefix:
    case Operator::suffix:
    case Operator::ignore_case:
    case Operator::prefix_ignore_case:
    case Operator::suffix_ignore_case:
    case Operator::wildcard:
      append_text(out, test.text);
      break;
    case Operator::number:
      append_number(out, test.low.value);
      break;
    case Operator::range: {
      uint8_t flags = (test.low.given ? kLow : 0) | (test.low.open ? kLowOpen : 0) |
                      (test.high.given ? kHigh : 0) | (test.high.open ? kHighOpen : 0);
      append(out, flags);
      if (test.low.given) append_number(out, test.low.value);
      if (test.high.given) append_number(out, test.high.value);
      break;
    }
    case Operator::cidr:
      append(out, test.network.address.bytes);
      append(out, test.network.address.v6);
      append(out, test.network.bits);
      break;
    case Operator::regex:
      append(out, test.expression.get());
      break;
    case Operator::none_of:
      append(out, static_cast<uint32_t>(test.others.size()));
      for (const Test& other : test.others) append_test(out, other);
      break;
    case Operator::true_value:
    case Operator::false_value:
    case Operator::null_value:
    case Operator::exists:
    case Operator::missing:
      break;
  }
}

Decimal own_number(const char*& p) {
  return own(take_number(p));
}

Test read_test(const char*& p) {
  Test out;
  out.op = take<Operator>(p);
  switch (out.op) {
    case Operator::string:
    case Operator::prefix:
    case Operator::suffix:
    case Operator::ignore_case:
    case Operator::prefix_ignore_case:
    case Operator::suffix_ignore_case:
    case Operator::wildcard:
      out.text = take_text(p);
      break;
    case Operator::number:
      out.low.value = own_number(p);
      break;
    case Operator::range: {
      uint8_t flags = take<uint8_t>(p);
      out.low.given = flags & kLow;
      out.low.open = flags & kLowOpen;
      out.high.given = flags & kHigh;
      out.high.open = flags & kHighOpen;
      if (out.low.given) out.low.value = own_number(p);
      if (out.high.given) out.high.value = own_number(p);
      break;
    }
    case Operator::cidr:
      out.network.address.bytes = take<decltype(out.network.address.bytes)>(p);
      out.network.address.v6 = take<bool>(p);
      out.network.bits = take<uint8_t>(p);
      break;
    case Operator::regex:
      take<const RE2*>(p);
      break;  // its owner keeps it
    case Operator::none_of:
      out.others.resize(take<uint32_t>(p));
      for (Test& other : out.others) other = read_test(p);
      break;
    case Operator::true_value:
    case Operator::false_value:
    case Operator::null_value:
    case Operator::exists:
    case Operator::missing:
      break;
  }
  return out;
}

bool folded_passes(Operator op, std::string_view wanted, std::string_view text,
                   std::string& folded) {
  folded.clear();
  append_folded(folded, text);
  if (op == Operator::ignore_case) return folded == wanted;
  return op == Operator::prefix_ignore_case ? std::string_view(folded).starts_with(wanted)
                                            : std::string_view(folded).ends_with(wanted);
}

bool in_range(const char*& p, const Value& value) {
  uint8_t flags = take<uint8_t>(p);
  NumberView low = flags & kLow ? take_number(p) : NumberView();
  NumberView high = flags & kHigh ? take_number(p) : NumberView();
  if (value.kind != Kind::number) return false;
  if (flags & kLow) {
    int order = compare_with_program(value.number, low);
    if (order < 0 || (order == 0 && flags & kLowOpen)) return false;
  }
  if (flags & kHigh) {
    int order = compare_with_program(value.number, high);
    if (order > 0 || (order == 0 && flags & kHighOpen)) return false;
  }
  return true;
}

bool in_network(const char*& p, const Value& value) {
  Network network;
  network.address.bytes = take<decltype(network.address.bytes)>(p);
  network.address.v6 = take<bool>(p);
  network.bits = take<uint8_t>(p);
  if (value.kind != Kind::string) return false;
  std::optional<Address> address = parse_address(value.text);
  return address && contains(network, *address);
}

// One test; p moves past it whatever the answer.
bool test_passes(const char*& p, const Value& value, std::string& folded) {
  Operator op = take<Operator>(p);
  bool text = value.kind == Kind::string;
  switch (op) {
    case Operator::string: {
      std::string_view wanted = take_text(p);
      return text && value.text == wanted;
    }
    case Operator::prefix: {
      std::string_view wanted = take_text(p);
      return text && value.text.starts_with(wanted);
    }
    case Operator::suffix: {
      std::string_view wanted = take_text(p);
      return text && value.text.ends_with(wanted);
    }
    case Operator::ignore_case:
    case Operator::prefix_ignore_case:
    case Operator::suffix_ignore_case: {
      std::string_view wanted = take_text(p);
      return text && folded_passes(op, wanted, value.text, folded);
    }
    case Operator::wildcard: {
      std::string_view wanted = take_text(p);
      return text && wildcard_matches(wanted, value.text);
    }
    case Operator::regex: {
      const auto* expression = take<const RE2*>(p);
      return text &&
             RE2::FullMatch(re2::StringPiece(value.text.data(), value.text.size()), *expression);
    }
    case Operator::number: {
      NumberView wanted = take_number(p);
      return value.kind == Kind::number && compare_with_program(value.number, wanted) == 0;
    }
    case Operator::range:
      return in_range(p, value);
    case Operator::cidr:
      return in_network(p, value);
    case Operator::true_value:
      return value.kind == Kind::true_value;
    case Operator::false_value:
      return value.kind == Kind::false_value;
    case Operator::null_value:
      return value.kind == Kind::null_value;
    case Operator::exists:
      return true;
    case Operator::missing:
      return false;  // there is a value
    case Operator::none_of: {
      bool none = true;
      for (uint32_t left = take<uint32_t>(p); left > 0; --left) {
        if (test_passes(p, value, folded)) none = false;
      }
      return none;
    }
  }
  return false;
}

}  // namespace

void append_program(std::string& out, uint32_t path, const Condition& condition) {
  size_t head = out.size();
  append(out, path);
  append(out, uint32_t{0});
  append(out, static_cast<uint32_t>(condition.tests.size()));
  bool may_miss = false;
  for (const Test& test : condition.tests) may_miss |= test.op == Operator::missing;
  append(out, may_miss);
  for (const Test& test : condition.tests) append_test(out, test);
  uint32_t size = static_cast<uint32_t>(out.size() - head - kConditionHead);
  std::memcpy(out.data() + head + sizeof path, &size, sizeof size);
}

std::vector<Test> read_tests(const char* program, uint32_t tests) {
  std::vector<Test> out(tests);
  for (Test& test : out) test = read_test(program);
  return out;
}

ConditionHead read_condition(const char* program) {
  ConditionHead out;
  out.path = take<uint32_t>(program);
  out.size = take<uint32_t>(program);
  out.tests = take<uint32_t>(program);
  out.may_miss = take<bool>(program);
  return out;
}

bool passes(const char* program, uint32_t tests, const Value& value, std::string& folded) {
  for (; tests > 0; --tests) {
    if (test_passes(program, value, folded)) return true;
  }
  return false;
}

}  // namespace belfry::match

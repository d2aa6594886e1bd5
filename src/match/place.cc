#include "match/place.h"

#include <limits>
#include <random>

#include "match/key_hash.h"
#include "match/text.h"

namespace belfry::match {

// The one place where chance comes in by itself: what it chooses shows nowhere but in the order of
// probes.
uint64_t process_seed() {
  static const uint64_t seed = [] {
    std::random_device device;
    return static_cast<uint64_t>(device()) << 32 | device();
  }();
  return seed;
}

const uint16_t kLengths[kLengthClasses] = {1,  2,  3,  4,  5,  6,  7,  8,   9,   10, 11,
                                           12, 13, 14, 15, 16, 18, 20, 22,  24,  28, 32,
                                           36, 40, 48, 56, 64, 80, 96, 128, 192, 256};

namespace {

uint64_t seed_of(uint32_t path, Shelf shelf, uint8_t length) {
  static const uint64_t seed = process_seed();
  return seed ^ (static_cast<uint64_t>(path) << 24 | static_cast<uint64_t>(length) << 8 |
                 static_cast<uint64_t>(shelf));
}

// The greatest class that is no longer than the text, which is not empty.
uint8_t length_class(size_t size) {
  int i = kLengthClasses - 1;
  while (kLengths[i] > size) --i;
  return static_cast<uint8_t>(i);
}

Place affix(uint32_t path, Shelf shelf, std::string_view text) {
  if (text.empty()) return {Shelf::any};
  uint8_t length = length_class(text.size());
  size_t size = kLengths[length];
  bool front = shelf == Shelf::prefix || shelf == Shelf::folded_prefix;
  return {
      shelf,
      key_of(path, shelf, front ? text.substr(0, size) : text.substr(text.size() - size), length),
      length};
}

}  // namespace

uint64_t key_of(uint32_t path, Shelf shelf, std::string_view text, uint8_t length) {
  return hash_text(text, seed_of(path, shelf, length));
}

uint64_t key_of_number(uint32_t path, double value) {
  return hash_number(value, seed_of(path, Shelf::number, 0));
}

uint64_t key_of_literal(uint32_t path, Kind kind) {
  return hash_number(static_cast<double>(kind), seed_of(path, Shelf::literal, 0));
}

uint64_t key_of_network(uint32_t path, const Address& masked, uint8_t length) {
  return key_of(path, Shelf::network,
                {reinterpret_cast<const char*>(masked.bytes.data()), masked.bytes.size()}, length);
}

Place place_of(uint32_t path, const Test& test) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (test.op) {
    case Operator::string:
      return {Shelf::text, key_of(path, Shelf::text, test.text)};
    case Operator::number:
      return {Shelf::number, key_of_number(path, test.low.value.value)};
    case Operator::true_value:
      return {Shelf::literal, key_of_literal(path, Kind::true_value)};
    case Operator::false_value:
      return {Shelf::literal, key_of_literal(path, Kind::false_value)};
    case Operator::null_value:
      return {Shelf::literal, key_of_literal(path, Kind::null_value)};
    case Operator::prefix:
      return affix(path, Shelf::prefix, test.text);
    case Operator::suffix:
      return affix(path, Shelf::suffix, test.text);
    case Operator::ignore_case:
      return {Shelf::folded, key_of(path, Shelf::folded, test.text)};
    case Operator::prefix_ignore_case:
      return affix(path, Shelf::folded_prefix, test.text);
    case Operator::suffix_ignore_case:
      return affix(path, Shelf::folded_suffix, test.text);
    case Operator::wildcard: {
      std::string front = wildcard_prefix(test.text), back = wildcard_suffix(test.text);
      return front.size() >= back.size() ? affix(path, Shelf::prefix, front)
                                         : affix(path, Shelf::suffix, back);
    }
    case Operator::range:
      return {Shelf::range, 0, 0, test.low.given ? test.low.value.value : -kInfinity,
              test.high.given ? test.high.value.value : kInfinity};
    case Operator::cidr: {
      uint8_t length =
          static_cast<uint8_t>(test.network.bits + (test.network.address.v6 ? kV6 : 0));
      return {Shelf::network, key_of_network(path, test.network.address, length), length};
    }
    case Operator::regex:
    case Operator::exists:
    case Operator::none_of:
      return {Shelf::any};
    case Operator::missing:
      return {Shelf::absent};
  }
  return {Shelf::any};
}

}  // namespace belfry::match

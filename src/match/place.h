// Where in the index a test stands: under a key that a value leads to, among the ranges, or in the
// list that every value, or none, leads to. Private to match/.
#pragma once

#include <cstdint>
#include <string_view>

#include "match/clause.h"

namespace belfry::match {

enum class Shelf : uint8_t {
  text,     // by the whole text
  number,   // by the number
  literal,  // true, false, null
  folded,   // by the whole text, folded
  prefix,   // by the first bytes: as many as length_class says
  suffix,   // by the last bytes
  folded_prefix,
  folded_suffix,
  network,  // by the address, masked
  range,
  any,     // every document that has the field
  absent,  // every document that lacks it
};

struct Place {
  Shelf shelf;
  uint64_t key = 0;    // up to network
  uint8_t length = 0;  // of prefixes and suffixes: the class; of networks: bits, kV6 more for IPv6
  double low = 0, high = 0;  // range: closed, perhaps a little wide
};

Place place_of(uint32_t path, const Test& test);

// Prefixes stand under their first bytes, of which only some counts are used, so that a value is
// looked up but a few times however many lengths the patterns have: 1 to 16, then ever wider steps
// up to 256.
constexpr int kLengthClasses = 32;
extern const uint16_t kLengths[kLengthClasses];
constexpr int kV6 = 64, kNetworkLengths = kV6 + 129;

uint64_t key_of(uint32_t path, Shelf shelf, std::string_view text, uint8_t length = 0);
uint64_t key_of_number(uint32_t path, double value);
uint64_t key_of_literal(uint32_t path, Kind kind);
uint64_t key_of_network(uint32_t path, const Address& masked, uint8_t length);

}  // namespace belfry::match

// IP addresses and networks in text form (RFC 4632, RFC 4291), for the `cidr` operator.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace belfry::match {

struct Address {
  std::array<unsigned char, 16> bytes{};  // IPv4 in the first four
  bool v6 = false;
};

struct Network {
  Address address;  // bits beyond the mask are zero
  uint8_t bits = 0;
};

std::optional<Address> parse_address(std::string_view text);
Result<Network> parse_network(std::string_view text);  // refused in SNS's words
void mask(Address& address, int bits);                 // clears what lies beyond the first `bits`
bool contains(const Network& network, const Address& address);

}  // namespace belfry::match

#include "match/cidr.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <string>

namespace belfry::match {

std::optional<Address> parse_address(std::string_view text) {
  char copy[46];  // INET6_ADDRSTRLEN
  if (text.empty() || text.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  Address out;
  out.v6 = text.find(':') != text.npos;
  if (inet_pton(out.v6 ? AF_INET6 : AF_INET, copy, out.bytes.data()) != 1) return std::nullopt;
  return out;
}

void mask(Address& address, int bits) {
  for (size_t i = 0; i < address.bytes.size(); ++i, bits -= 8) {
    if (bits < 8)
      address.bytes[i] &= bits <= 0 ? 0 : static_cast<unsigned char>(0xff << (8 - bits));
  }
}

Result<Network> parse_network(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == text.npos || slash + 1 == text.size() || text.find('/', slash + 1) != text.npos) {
    return fail("Malformed CIDR, one '/' required");
  }
  std::string_view host = text.substr(0, slash), digits = text.substr(slash + 1);
  int bits = 0;
  auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
    return fail("Malformed CIDR, mask bits must be an integer");
  }
  if (bits < 0) return fail("Malformed CIDR, mask bits must not be negative");
  std::optional<Address> address = parse_address(host);
  if (!address) return fail("Nonstandard IP address: " + std::string(host));
  if (!address->v6 && bits > 32) return fail("IPv4 mask bits must be < 33");
  if (address->v6 && bits > 128) return fail("IPv6 mask bits must be < 129");
  mask(*address, bits);
  return Network{*address, static_cast<uint8_t>(bits)};
}

bool contains(const Network& network, const Address& address) {
  if (network.address.v6 != address.v6) return false;
  Address masked = address;
  mask(masked, network.bits);
  return masked.bytes == network.address.bytes;
}

}  // namespace belfry::match

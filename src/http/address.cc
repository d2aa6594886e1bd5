#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>

namespace belfry::http {
namespace {

struct Block4 {
  uint32_t network;
  int bits;
};
// https://www.iana.org/assignments/iana-ipv4-special-registry: all that are not globally reachable,
// and multicast.
constexpr Block4 kSpecial4[] = {
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private use
    {0x64400000, 10},  // shared address space
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link local: among them the clouds' metadata services
    {0xac100000, 12},  // private use
    {0xc0000000, 24},  // IETF protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // 6to4 relay anycast
    {0xc0a80000, 16},  // private use
    {0xc6120000, 15},  // benchmarking
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, and the limited broadcast
};

bool is_public4(uint32_t address) {
  for (const auto& [network, bits] : kSpecial4)
    if ((address ^ network) >> (32 - bits) == 0) return false;
  return true;
}

struct Block6 {
  uint8_t network[16];
  int bits;
};
// https://www.iana.org/assignments/iana-ipv6-special-registry. Global unicast is 2000::/3; these
// lie within it.
constexpr Block6 kSpecial6[] = {
    {{0x20, 0x01, 0x00}, 23},                    // IETF protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},              // documentation
    {{0x3f, 0xff, 0x00}, 20},                    // documentation
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48},  // direct delegation AS112
};
constexpr Block6 kGlobalUnicast = {{0x20}, 3};
constexpr Block6 kNat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Block6 k6to4 = {{0x20, 0x02}, 16};

bool within(const uint8_t* address, const Block6& block) {
  const int whole = block.bits / 8, rest = block.bits % 8;
  if (std::memcmp(address, block.network, static_cast<size_t>(whole)) != 0) return false;
  return rest == 0 || (address[whole] ^ block.network[whole]) >> (8 - rest) == 0;
}

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_public6(const in6_addr& address) {
  const uint8_t* bytes = address.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address) || within(bytes, kNat64))
    return is_public4(big_endian(bytes + 12));
  if (within(bytes, k6to4)) return is_public4(big_endian(bytes + 2));
  if (!within(bytes, kGlobalUnicast)) return false;
  for (const auto& block : kSpecial6)
    if (within(bytes, block)) return false;
  return true;
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return is_public4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return is_public6(v6.sin6_addr);
  }
  return false;
}

}  // namespace belfry::http

// Which network addresses a delivery may reach: the guard against webhooks that are pointed at the
// host's own network.
#pragma once

struct sockaddr;

namespace belfry::http {

// Whether the address is globally reachable unicast: not loopback, private, link-local, shared,
// documentation, multicast, reserved or otherwise special (the registries of RFC 6890). An IPv4
// address inside an IPv6 one (mapped, NAT64, 6to4) is judged as itself.
bool is_public_address(const sockaddr& address);

}  // namespace belfry::http

// A client's connection over TCP, with TLS if asked for; never blocks but for the name's
// resolution. For protocols that have no library (smpp_client.h). One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::sinks {

struct TcpAddress {
  std::string host;
  uint16_t port = 0;
};
// "smsc.example.net:2775", "[2001:db8::1]:2775".
Result<TcpAddress> parse_tcp_address(std::string_view text);

struct TlsSettings {
  bool enabled = false;
  std::string authorities;  // PEM file; empty: the system's
  std::string name;         // expected in the certificate; empty: the address's host
};

class TcpStream {
 public:
  // Begins to connect; `attempt` chooses among the addresses that a name has.
  static Result<std::unique_ptr<TcpStream>> connect(const TcpAddress& address,
                                                    const TlsSettings& tls, size_t attempt);
  virtual ~TcpStream() = default;

  virtual int descriptor() const = 0;
  virtual short interest(bool has_output) const = 0;  // poll()'s events to wait for
  // Goes on with connecting and the handshake; true once bytes can be exchanged.
  virtual Result<bool> establish() = 0;
  virtual Result<size_t> read(
      char* into, size_t size) = 0;  // 0: nothing now; an error also at the end of the stream
  virtual Result<size_t> write(std::string_view bytes) = 0;  // 0: no room now
};

}  // namespace belfry::sinks

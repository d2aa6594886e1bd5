// The bytes of a connection on their way from and to the socket: as they are, or inside TLS.
// Never blocks. Internal to http/.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/server.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace belfry::http {

class Transport {
 public:
  enum class State { moved, later, ended };  // later: when the socket is ready again
  struct Moved {
    State state;
    size_t bytes = 0;  // at least one if `moved`
  };

  virtual ~Transport() = default;
  virtual Moved read(char* into, size_t size) = 0;
  // Of the two parts, one after the other, as much as fits. What was not taken must be given again,
  // perhaps with more behind it.
  virtual Moved write(std::string_view first, std::string_view second) = 0;
  virtual void finish_sending() = 0;
  // Whether a read that was not filled has emptied the socket, so that nothing is to be had until
  // it is ready again; and whether reading waits for reading only, writing for writing only.
  virtual bool is_plain() const = 0;
};

// The socket stays its owner's, and must outlive it.
std::unique_ptr<Transport> plain_transport(int socket);

// What a server presents and asks for in TLS. Thread-safe.
class TlsContext {
 public:
  static Result<std::shared_ptr<const TlsContext>> make(const ServerTls& settings);
  std::unique_ptr<Transport> accept(int socket) const;

 private:
  explicit TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace belfry::http

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>

#include "base/check.h"
#include "http/transport.h"

namespace belfry::http {
namespace {

// OpenSSL's own socket BIO writes with write(), which raises SIGPIPE when the client has gone. So
// ours sends without the signal. Its data is the socket, as a pointer's bits.
int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio)));
}

int moved(BIO* bio, ssize_t count, int retry) {
  BIO_clear_retry_flags(bio);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_flags(bio, retry);
  return static_cast<int>(count);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  return moved(bio, ::send(socket_of(bio), bytes, static_cast<size_t>(size), MSG_NOSIGNAL),
               BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
}

int bio_read(BIO* bio, char* bytes, int size) {
  return moved(bio, ::recv(socket_of(bio), bytes, static_cast<size_t>(size), 0),
               BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BELFRY_CHECK(made != nullptr);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

template <auto free_function>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using X509Pointer = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

class TlsTransport final : public Transport {
 public:
  TlsTransport(SSL_CTX* context, int socket) : socket_(socket), ssl_(SSL_new(context)) {
    BIO* bio = BIO_new(socket_method());
    BELFRY_CHECK(ssl_ != nullptr && bio != nullptr);
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(socket)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
  }

  Moved read(char* into, size_t size) override {
    size_t count = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(ssl_.get(), into, size, &count);
    return result(done, count);
  }

  Moved write(std::string_view first, std::string_view second) override {
    const std::string_view part = first.empty() ? second : first;
    size_t count = 0;
    ERR_clear_error();
    const int done = SSL_write_ex(ssl_.get(), part.data(), part.size(), &count);
    return result(done, count);
  }

  void finish_sending() override {
    ERR_clear_error();
    if (!failed_ && SSL_is_init_finished(ssl_.get())) (void)SSL_shutdown(ssl_.get());
    ERR_clear_error();
    ::shutdown(socket_, SHUT_WR);
  }

  bool is_plain() const override { return false; }

 private:
  Moved result(int done, size_t count) {
    if (done == 1) return {State::moved, count};
    const int error = SSL_get_error(ssl_.get(), done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {State::later};
    failed_ = error != SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return {State::ended};
  }

  const int socket_;
  const std::unique_ptr<SSL, Freer<SSL_free>> ssl_;
  bool failed_ = false;  // then nothing more may be asked of ssl_
};

std::string last_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : "unknown reason";
}

Bio bio_of(const std::string& text) {
  BELFRY_CHECK(text.size() <= INT_MAX);
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<void> use_certificate(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  const X509Pointer own(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1)
    return fail("the TLS certificate cannot be read: " + last_error());
  while (X509* above = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    SSL_CTX_add0_chain_cert(context, above);
  ERR_clear_error();  // the end of the text
  return {};
}

Result<void> use_key(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  const KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return fail("the TLS key cannot be read: " + last_error());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return fail("the TLS key does not belong to the TLS certificate: " + last_error());
  return {};
}

Result<void> trust_clients(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  int count = 0;
  while (X509* authority = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    const X509Pointer owner(authority);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    SSL_CTX_add_client_CA(context, authority);
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return fail("the authorities of TLS clients hold no PEM certificate");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const ServerTls& settings) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  BELFRY_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // A connection appends to what waits to be sent, which moves it, and gives the rest again.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  static constexpr unsigned char kSession[] = "belfry";
  SSL_CTX_set_session_id_context(context.get(), kSession, sizeof kSession - 1);
  if (auto used = use_certificate(context.get(), settings.certificate); !used)
    return tl::unexpected(used.error());
  if (auto used = use_key(context.get(), settings.key); !used) return tl::unexpected(used.error());
  if (!settings.client_authorities.empty())
    if (auto trusted = trust_clients(context.get(), settings.client_authorities); !trusted)
      return tl::unexpected(trusted.error());
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

std::unique_ptr<Transport> TlsContext::accept(int socket) const {
  return std::make_unique<TlsTransport>(context_.get(), socket);
}

}  // namespace belfry::http

#include "fabric/grpc_channel.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "base/hash.h"
#include "base/log.h"
#include "msp/certificate.h"
#include "msp/signer.h"

namespace belfry::fabric {
namespace {

int milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

void take_over_grpc_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function([](gpr_log_func_args* line) {
      log::debug(line->message, {{"from", "gRPC"}});
    });
  });
}

std::chrono::system_clock::time_point deadline_after(Duration duration) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

Result<Connected> connect(const PeerAddress& peer, const ConnectionLimits& limits) {
  take_over_grpc_log();
  Connected out;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(std::min<uint64_t>(
      limits.receive_limit, static_cast<uint64_t>(std::numeric_limits<int>::max()))));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(limits.keepalive));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(limits.keepalive_timeout));
  // Pings go on however long a quiet channel sends nothing.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A connection of its own: what another listener met with this peer is no reason to wait.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);

  if (peer.plaintext) {
    out.channel =
        grpc::CreateCustomChannel(peer.address, grpc::InsecureChannelCredentials(), arguments);
    return out;
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = peer.tls_ca;
  if (!peer.tls_ca.empty()) {
    auto authorities = msp::Certificate::all_from_pem(peer.tls_ca);
    if (!authorities) return fail("tls_ca: " + authorities.error().message);
  }
  if (peer.client_tls) {
    auto client = peer.client_tls();
    if (!client) return tl::unexpected(client.error());
    auto certificate = msp::Certificate::from_pem(client->certificate);
    if (!certificate) return fail("the TLS client certificate: " + certificate.error().message);
    auto key = msp::Signer::from_pem(client->key);
    if (!key) return fail("the TLS client key: " + key.error().message);
    if (!key->matches(*certificate))
      return fail("the TLS client certificate and its key do not belong together");
    tls.pem_cert_chain = client->certificate;
    tls.pem_private_key = client->key;
    out.tls_cert_hash = view(certificate->fingerprint());
  }
  if (!peer.tls_server_name.empty()) arguments.SetSslTargetNameOverride(peer.tls_server_name);
  out.channel = grpc::CreateCustomChannel(peer.address, grpc::SslCredentials(tls), arguments);
  return out;
}

}  // namespace belfry::fabric

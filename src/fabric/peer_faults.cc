#include "fabric/peer_faults.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace belfry::fabric {
namespace {

bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string who(const msp::SigningIdentity& identity) {
  return fmt::format("{} of {}", identity.certificate().subject(), identity.msp_id());
}

// Connecting failed, or a connection broke: gRPC gives both the same code. The words are its own,
// of the version we build with, or the peer's (what a Go or C++ server says as it shuts down is
// passed on to its streams): what is not known as a failure to connect is a connection that broke.
StreamEnd unavailable(std::string_view text, const PeerAddress& peer) {
  const std::string& at = peer.address;
  if (says(text, "certificate verify failed"))
    return stopped_by(
        "tls-untrusted",
        fmt::format(
            "{} shows a TLS certificate that {} did not issue: put the certificate of the "
            "authority "
            "that issued it (its organisation's tlsca) in tls_ca",
            at, peer.tls_ca.empty() ? "no authority of this system" : "the authority in tls_ca"));
  if (says(text, "Hostname Verification Check failed") || says(text, "is not in peer certificate"))
    return stopped_by(
        "tls-name",
        fmt::format(
            "{} shows a TLS certificate for another name than {}: set its `name` to a name in "
            "the certificate, such as peer0.org1.example.com",
            at, peer.tls_server_name.empty() ? "its address" : peer.tls_server_name));
  if (says(text, "wrong version number") || says(text, "WRONG_VERSION_NUMBER"))
    return stopped_by(
        "tls-plaintext",
        fmt::format("{} does not speak TLS: check the port, or set plaintext: true if this "
                    "peer is meant to have none",
                    at));
  if (says(text, "DNS resolution failed"))
    return again(
        "unknown-host",
        fmt::format("the host name in {} cannot be resolved: check its spelling and the DNS", at));
  if (says(text, "Connection refused"))
    return again(
        "unreachable",
        fmt::format(
            "nobody listens at {} (connection refused): is the peer running, and this its port?",
            at));
  if (says(text, "keepalive watchdog timeout") || says(text, "ping timeout"))
    return again("silent-peer",
                 fmt::format("{} answers no keepalive pings any more: it hangs, or the network "
                             "between drops its packets",
                             at));
  if (says(text, "Ssl handshake failed") || says(text, "handshake"))
    return stopped_by(
        "tls-handshake",
        fmt::format("no TLS connection with {}: {}; a peer under mutual TLS wants `tls` with a "
                    "certificate of an organisation it trusts",
                    at, text));
  if (says(text, "Socket closed") || says(text, "Connection reset") || says(text, "Broken pipe") ||
      says(text, "GOAWAY") || says(text, "transport is closing") ||
      says(text, "Endpoint read failed"))
    return again("peer-gone",
                 fmt::format("{} closed the connection: it restarts, or the network broke", at));
  if (says(text, "failed to connect"))
    return again("unreachable", fmt::format("{} cannot be reached: {}", at, text));
  return again("peer-gone", fmt::format("{} ended the connection: {}", at, text));
}

}  // namespace

StreamEnd transport_fault(const grpc::Status& status, const PeerAddress& peer,
                          const ConnectionLimits& limits) {
  const std::string& text = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return again("peer-gone",
                   fmt::format("{} ended the stream without a word: it restarts, most likely",
                               peer.address));
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::INTERNAL:
      return unavailable(text, peer);
    case grpc::StatusCode::CANCELLED:
      return again("peer-gone", fmt::format("{} cancelled the stream: {}", peer.address, text));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return again(
          "silent-peer",
          fmt::format(
              "{} gave no answer within {} s: it hangs, is overloaded, or the network "
              "between drops its packets",
              peer.address,
              std::chrono::duration_cast<std::chrono::seconds>(limits.answer_timeout).count()));
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      if (says(text, "larger than max"))
        return stopped_by(
            "block-too-large",
            fmt::format("{} sent a block above maximum_block, {} bytes: raise maximum_block ({})",
                        peer.address, limits.receive_limit, text));
      return again(
          "peer-limit",
          fmt::format("{} has as many streams as it allows: {}; raise peer.limits.concurrency "
                      "there, or close other clients",
                      peer.address, text));
    case grpc::StatusCode::UNIMPLEMENTED:
      return stopped_by(
          "no-peer", fmt::format("what listens at {} is no Fabric peer (or an orderer's port): {}",
                                 peer.address, text));
    default:
      // Fabric's own limiter answers UNKNOWN.
      if (says(text, "exceeding concurrency limit"))
        return again(
            "peer-limit",
            fmt::format("{} has as many streams as it allows: {}; raise peer.limits.concurrency "
                        "there, or close other clients",
                        peer.address, text));
      return again("peer-error", fmt::format("{} answered gRPC code {}: {}", peer.address,
                                             static_cast<int>(status.error_code()), text));
  }
}

StreamEnd refused(const PeerAddress& peer, std::string_view channel,
                  const msp::SigningIdentity& identity, WallTime now, std::string_view words) {
  const msp::Certificate& certificate = identity.certificate();
  if (certificate.not_after() <= now)
    return stopped_by(
        "certificate-expired",
        fmt::format(
            "the certificate of {} expired at {}: renew it (fabric-ca-client reenroll, or its "
            "organisation's CA) and put the new one in its place; it is taken up without a restart",
            who(identity), to_rfc3339(certificate.not_after())));
  if (certificate.not_before() > now)
    return stopped_by(
        "certificate-not-yet-valid",
        fmt::format("the certificate of {} is valid only from {} on: check this machine's clock",
                    who(identity), to_rfc3339(certificate.not_before())));
  return stopped_by(
      "no-permission",
      fmt::format("{} lets {} not read channel {} (403{}{}): its organisation is not in the "
                  "channel, the certificate is "
                  "revoked or of another CA than the channel knows, or the channel's Readers do "
                  "not include it; ask an "
                  "administrator of the channel",
                  peer.address, who(identity), channel, words.empty() ? "" : ", ", words));
}

StreamEnd bad_request(const PeerAddress& peer, WallTime now) {
  return stopped_by(
      "clock-skew",
      fmt::format(
          "{} refuses the request's time or TLS binding (400): here it is {}, and the peer's clock "
          "must be within "
          "15 minutes of it (check NTP on both){}",
          peer.address, to_rfc3339(now),
          peer.client_tls
              ? "; the TLS client certificate must reach the peer itself, not end at a proxy"
              : ""));
}

StreamEnd unknown_channel(const PeerAddress& peer, std::string_view channel) {
  return stopped_by(
      "unknown-channel",
      fmt::format("{} has not joined a channel named {}: check the name, or join the peer "
                  "to it (peer channel join)",
                  peer.address, channel));
}

StreamEnd lagging(const PeerAddress& peer, uint64_t height, uint64_t wanted) {
  return again(
      "lagging-peer",
      fmt::format("{} has {} blocks and block {} is wanted next: it lags behind and will catch up, "
                  "or its ledger was reset",
                  peer.address, height, wanted));
}

StreamEnd below_snapshot(const PeerAddress& peer, uint64_t wanted) {
  return stopped_by("block-below-snapshot",
                    fmt::format("{} joined from a snapshot and does not hold block {}: name a peer "
                                "that holds the channel "
                                "from its first block",
                                peer.address, wanted));
}

StreamEnd peer_fault(const PeerAddress& peer, int status) {
  if (status == 503)
    return again("service-unavailable",
                 fmt::format("{} says it cannot serve now (503): it starts up or has lost its "
                             "orderers",
                             peer.address));
  return again("peer-error",
               fmt::format("{} answered status {}: its log says why", peer.address, status));
}

StreamEnd together(std::vector<StreamEnd> ends) {
  BELFRY_CHECK(!ends.empty());
  const auto passing = std::find_if(ends.begin(), ends.end(), [](const StreamEnd& end) {
    return end.next == StreamEnd::Next::reconnect;
  });
  StreamEnd out = passing != ends.end() ? *passing : ends.front();
  if (ends.size() == 1) return out;
  out.reason = fmt::format("none of {} peers can serve: ", ends.size());
  for (size_t i = 0; i < ends.size(); ++i) out.reason += (i ? "; " : "") + ends[i].reason;
  return out;
}

}  // namespace belfry::fabric

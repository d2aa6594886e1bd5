#include "fabric/rpc_error.h"

#include <fmt/format.h>
#include <grpcpp/support/status.h>

#include <algorithm>
#include <array>

#include "decode/wire.h"
#include "fabric/peer_faults.h"

namespace belfry::fabric {
namespace {

namespace wire = decode::wire;

constexpr size_t kMostDetails = 100;

ErrorDetail parse_detail(std::string_view bytes) {
  ErrorDetail detail;
  for (wire::Reader field(bytes); field.next();) {
    if (field.tag() == wire::bytes(1)) detail.address = field.bytes();
    if (field.tag() == wire::bytes(2)) detail.msp_id = field.bytes();
    if (field.tag() == wire::bytes(3)) detail.message = field.bytes();
  }
  return detail;
}

// gRPC's own words for a connection that did not come about, or broke. A gateway answers
// UNAVAILABLE too, in words of its own.
bool of_transport(std::string_view words) {
  constexpr std::array kWords = {"failed to connect to",  "Socket closed", "Connection reset",
                                 "DNS resolution failed", "GOAWAY",        "keepalive watchdog",
                                 "Endpoint read failed",  "Broken pipe",   "transport is closing"};
  return std::ranges::any_of(
      kWords, [&](const char* it) { return words.find(it) != std::string_view::npos; });
}

}  // namespace

std::vector<ErrorDetail> parse_error_details(std::string_view status) {
  std::vector<ErrorDetail> details;
  for (wire::Reader field(status); field.next() && details.size() < kMostDetails;) {
    if (field.tag() != wire::bytes(3)) continue;  // google.protobuf.Any
    std::string_view type, value;
    for (wire::Reader any(field.bytes()); any.next();) {
      if (any.tag() == wire::bytes(1)) type = any.bytes();
      if (any.tag() == wire::bytes(2)) value = any.bytes();
    }
    if (type.ends_with("/gateway.ErrorDetail")) details.push_back(parse_detail(value));
  }
  return details;
}

std::string join_details(std::string_view message, const std::vector<ErrorDetail>& details) {
  constexpr std::string_view kPointer = ", see attached details for more info";
  if (message.ends_with(kPointer)) message.remove_suffix(kPointer.size());
  std::vector<std::pair<std::string, std::string>> said;  // what, by whom
  for (const ErrorDetail& detail : details) {
    const std::string who = detail.msp_id.empty()
                                ? detail.address
                                : fmt::format("{} of {}", detail.address, detail.msp_id);
    const auto same =
        std::ranges::find(said, detail.message, &std::pair<std::string, std::string>::first);
    if (same == said.end())
      said.emplace_back(detail.message, who);
    else
      same->second += ", " + who;
  }
  std::string out(message);
  for (const auto& [what, who] : said) {
    // One peer's refusal is already in the message of Evaluate.
    if (!what.empty() && out.find(what) != std::string::npos)
      out += fmt::format(" ({})", who);
    else
      out += fmt::format("{}{} ({})", out.empty() ? "" : ": ", what, who);
  }
  return out;
}

RpcError rpc_error(const grpc::Status& status, const PeerAddress& server,
                   const ConnectionLimits& limits) {
  const std::string& words = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::UNIMPLEMENTED:
      return {RpcError::Kind::unsupported,
              fmt::format("{} offers no such service: {}", server.address, words)};
    case grpc::StatusCode::UNAVAILABLE:
      if (!of_transport(words)) break;
      [[fallthrough]];
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return {RpcError::Kind::unreachable, transport_fault(status, server, limits).reason};
    default:
      break;
  }
  const auto details = parse_error_details(status.error_details());
  return {RpcError::Kind::refused, details.empty()
                                       ? fmt::format("{} answered: {}", server.address, words)
                                       : join_details(words, details)};
}

}  // namespace belfry::fabric

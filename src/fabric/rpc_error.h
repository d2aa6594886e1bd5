// Why a call to a peer or an orderer failed, for people: the transport's failures in the words of
// peer_faults.h, a service's refusals in Fabric's own words. Fabric's Gateway says little in its
// status and the rest in details (google.rpc.Status with gateway.ErrorDetail, in
// grpc-status-details-bin): both are joined here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fabric/endpoint.h"

namespace grpc {
class Status;
}

namespace belfry::fabric {

struct RpcError {
  enum class Kind {
    unreachable,  // no answer came: another peer may give one
    unsupported,  // the server has no such service (the Gateway begins with Fabric 2.4)
    refused,      // it answered, and said no
  };
  Kind kind = Kind::refused;
  std::string message;  // for people, names the server where that helps
};

template <class T>
using RpcResult = tl::expected<T, RpcError>;

inline tl::unexpected<RpcError> refuse(std::string message) {
  return tl::unexpected<RpcError>(RpcError{RpcError::Kind::refused, std::move(message)});
}

// gateway.ErrorDetail: what one peer or orderer behind the gateway said.
struct ErrorDetail {
  std::string address, msp_id, message;
};
// Of a serialized google.rpc.Status; details of other types and damage are passed over.
std::vector<ErrorDetail> parse_error_details(std::string_view status);

// A gateway's message with its details, each different one once, with who said it.
std::string join_details(std::string_view message, const std::vector<ErrorDetail>& details);

RpcError rpc_error(const grpc::Status& status, const PeerAddress& server,
                   const ConnectionLimits& limits);

}  // namespace belfry::fabric

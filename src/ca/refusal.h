// What a Fabric CA answers when it does not do what it was asked: an HTTP status, a code of its own
// and a message, all three of which clients look at (docs/ca.md lists the codes).
//
// Authentication and authorisation fail with one message each, whatever the cause: the reason goes
// into our log and not to the caller.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace belfry::ca {

struct Refusal {
  int status = 500;
  int code = 0;  // lib/caerrors of fabric-ca; 0: no code fits
  std::string message;
  std::string reason;  // for the log, if the message does not say it
};

template <class T>
using Outcome = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(int status, int code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{status, code, std::move(message), {}});
}
inline tl::unexpected<Refusal> unauthenticated(std::string reason) {
  return tl::unexpected<Refusal>(Refusal{401, 20, "Authentication failure", std::move(reason)});
}
inline tl::unexpected<Refusal> unauthorized(std::string reason) {
  return tl::unexpected<Refusal>(Refusal{403, 71, "Authorization failure", std::move(reason)});
}

}  // namespace belfry::ca

// AWS Signature Version 4: signing what belfry sends to AWS, and checking what clients send to
// belfry's own fronts.
//
// The algorithm is that of the AWS General Reference, "Signature Version 4 signing process". Paths
// are encoded twice when signing, as every service but S3 wants it; belfry's fronts have no S3
// among them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "http/headers.h"

namespace belfry::aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // temporary credentials only
};

// A request as signatures see it. `path` and `query` are as on the wire (percent-encoded), headers
// in any order.
struct SignedParts {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  const http::Headers* headers;
  std::string_view body;
};

struct Scope {
  std::string region;
  std::string service;
};

// The headers to add to a request so that it is signed: X-Amz-Date, X-Amz-Security-Token if there
// is one, and Authorization. All headers that are given are signed; `host` must be among them.
http::Headers sign(const SignedParts& request, const Credentials& credentials, const Scope& scope,
                   WallTime now);

// What a request says of its signer; nothing of it is proved before verify().
struct Claim {
  std::string access_key;
  std::string date;  // of the scope, YYYYMMDD
  Scope scope;
  std::vector<std::string> signed_headers;  // lower case
  std::string signature;
  std::string time;  // ISO 8601 basic
  std::string session_token;
  bool presigned = false;
  int64_t expires_seconds = 0;  // presigned only
};

// Why a request is not accepted, in AWS's codes: IncompleteSignature, SignatureDoesNotMatch,
// RequestExpired.
struct SignatureFault {
  std::string code;
  std::string message;
};

// Reads the Authorization header or the presigned query parameters. monostate: the request is not
// signed at all.
std::variant<std::monostate, Claim, SignatureFault> read_claim(const SignedParts& request);

// Who the request says it is from, and for which region and service: all that one needs to know who
// checks no signature. The rest of the claim stays empty, as does all of it where nothing is
// readable.
Claim read_signer(const SignedParts& request);

// Checks the claim against the secret of its access key; no value: the signature is right and
// fresh. A request may be fifteen minutes away from our clock, a presigned one as old as it says
// itself.
std::optional<SignatureFault> verify(const SignedParts& request, const Claim& claim,
                                     std::string_view secret_key, WallTime now);

}  // namespace belfry::aws

// The Authorization header that a Fabric CA's client makes: its certificate and a signature over
// the request, both in base64 with a dot between them. Two forms differ in what is signed:
//
//   METHOD.b64(uri).b64(body).b64(certificate)    since 1.4; uri is path and query as sent
//   b64(body).b64(certificate)                    before; it can be replayed on other paths
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "msp/certificate.h"
#include "msp/signer.h"

namespace belfry::ca {

struct SignedRequest {
  std::string_view method, uri, body;
};

// The certificate whose key signed the request. Says nothing of whose certificate it is.
Result<msp::Certificate> verify_token(std::string_view token, const SignedRequest& request,
                                      bool older_form_too);

std::string make_token(const SignedRequest& request, std::string_view certificate_pem,
                       const msp::Signer& signer);

}  // namespace belfry::ca

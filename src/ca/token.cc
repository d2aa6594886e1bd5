#include "ca/token.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "ca/go_text.h"

namespace belfry::ca {
namespace {

// Padded base64; line ends inside are ignored, as Go's decoder does.
std::optional<std::string> decode(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  if (text.size() % 4 != 0) return {};
  return unbase64(text);
}

std::string signing_input(const SignedRequest& request, std::string_view certificate) {
  return fmt::format("{}.{}.{}.{}", request.method, base64(request.uri), base64(request.body),
                     certificate);
}

}  // namespace

Result<msp::Certificate> verify_token(std::string_view token, const SignedRequest& request,
                                      bool older_form_too) {
  const auto parts = split(token, '.');
  if (parts.size() != 2) return fail("the token has not two parts with a dot between them");
  const auto pem = decode(parts[0]);
  if (!pem) return fail("the token's certificate is no base64");
  auto certificate = msp::Certificate::from_pem(*pem);
  if (!certificate) return fail("the token's certificate: " + certificate.error().message);
  const auto signature = decode(parts[1]);
  if (!signature) return fail("the token's signature is no base64");
  if (certificate->verify(signing_input(request, parts[0]), *signature)) return certificate;
  if (older_form_too &&
      certificate->verify(fmt::format("{}.{}", base64(request.body), parts[0]), *signature))
    return certificate;
  return fail("the token's signature does not fit the request");
}

std::string make_token(const SignedRequest& request, std::string_view certificate_pem,
                       const msp::Signer& signer) {
  const std::string certificate = base64(certificate_pem);
  return certificate + "." + base64(signer.sign(signing_input(request, certificate)));
}

}  // namespace belfry::ca

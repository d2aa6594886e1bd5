// cainfo; and idemix, which this CA does not offer.
#include <fmt/format.h>

#include "base/bytes.h"
#include "ca/endpoints.h"
#include "ca/json.h"

namespace belfry::ca {
namespace {

// Whose behaviour it is. fabric-ca-client tells servers before 1.4 from later ones by it.
constexpr std::string_view kVersion = "1.5.21";

tl::unexpected<Refusal> no_idemix() {
  return refuse(501, 0,
                "this CA issues no idemix credentials, only X.509 certificates: enroll without "
                "--enrollment.type idemix");
}

}  // namespace

std::string info_json(const CaState& ca, std::string_view version) {
  return fmt::format(
      R"({{"CAName":{},"CAChain":"{}","IssuerPublicKey":"","IssuerRevocationPublicKey":"","Version":"{}"}})",
      go_string(ca.settings.name), base64(ca.issuer.chain()), version);
}

Outcome<Answer> show_info(Call& call) {
  if (auto resolved = call.resolve(); !resolved) return tl::unexpected(resolved.error());
  return Answer{.result = info_json(call.ca(), kVersion)};
}

Outcome<Answer> idemix_credential(Call& call) {
  if (auto known = call.authenticate_by_either(); !known) return tl::unexpected(known.error());
  if (auto body = call.body<CaNameRequest>(); !body) return tl::unexpected(body.error());
  return no_idemix();
}

Outcome<Answer> idemix_revocation(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  return no_idemix();
}

}  // namespace belfry::ca

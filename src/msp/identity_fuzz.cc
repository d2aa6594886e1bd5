// Serialized identities, certificates and private keys from anywhere: a value or an error, and what
// was read once is read again from its own text.
#include "msp/identity.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry::msp;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto view = parse_identity(bytes);
  const std::string_view pem = view ? view->certificate_pem : bytes;
  if (auto certificate = Certificate::from_pem(pem)) {
    auto again = Certificate::from_pem(certificate->pem());
    BELFRY_CHECK(again && again->der() == certificate->der() &&
                 again->common_name() == certificate->common_name());
    (void)certificate->verify("message", bytes);
  }
  (void)Certificate::from_der(bytes).has_value();
  (void)Certificate::all_from_pem(bytes).has_value();
  if (auto signer = Signer::from_pem(bytes)) BELFRY_CHECK(!signer->sign("message").empty());
  return 0;
}

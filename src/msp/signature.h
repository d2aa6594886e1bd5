// ECDSA signatures in Fabric's canonical form: DER, with S in the lower half of the curve's order,
// so that each signature has one encoding only. Over sha256 whatever the curve (bccsp's SHA2
// family).
#pragma once

#include <string>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace belfry::msp {

// Whether Fabric takes signatures of this key: ECDSA on P-256 or P-384.
bool supported_key(const evp_pkey_st* key);
// "RSA of 2048 bits", "ECDSA on secp256k1": for messages.
std::string describe_key(const evp_pkey_st* key);

// key must be supported and private. Thread-safe.
std::string sign_low_s(evp_pkey_st* key, std::string_view message);
// False also for a high S, bytes that are no signature, and keys that are not supported.
// Thread-safe.
bool verify_low_s(evp_pkey_st* key, std::string_view message, std::string_view signature);

// The same signature with a low S; itself when it has one already, or when it is none of that key's
// kind.
std::string to_low_s(const evp_pkey_st* key, std::string_view signature);

}  // namespace belfry::msp

#include "base/hash.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace belfry {
namespace {

// Looked up once: EVP_sha256() is looked up anew at each use, which costs more than a short hash.
// Never freed.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  BELFRY_CHECK(fetched != nullptr);
  return fetched;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  BELFRY_CHECK(context_ != nullptr);
  BELFRY_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), algorithm(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256::add(std::string_view bytes) {
  BELFRY_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) ==
               1);
}

Hash256 Sha256::finish() {
  Hash256 out;
  BELFRY_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), out.data(), nullptr) == 1);
  return out;
}

Hash256 sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

}  // namespace belfry

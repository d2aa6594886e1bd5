#include "aws/sqs_digest.h"

#include <openssl/evp.h>

#include <memory>

#include "base/bytes.h"
#include "base/check.h"

namespace belfry::aws::sqs {
namespace {

// Fetched once: looking an algorithm up costs more than hashing a short message.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "MD5", nullptr);
  BELFRY_CHECK(fetched != nullptr);
  return fetched;
}

void append_part(std::string& out, std::string_view part) {
  const auto size = static_cast<uint32_t>(part.size());
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift & 0xff);
  out += part;
}

}  // namespace

std::string md5(std::string_view bytes) {
  // One context a thread, begun anew each time: making one costs more than hashing a short message.
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  BELFRY_CHECK(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1 &&
               EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
               EVP_DigestFinal_ex(context.get(), sum, &size) == 1);
  return hex({reinterpret_cast<const char*>(sum), size});
}

std::string md5(const queue::Attributes& attributes) {
  std::string encoded;
  for (const auto& [name, attribute] : attributes) {
    append_part(encoded, name);
    append_part(encoded, attribute.type);
    encoded += attribute.type.starts_with("Binary") ? '\2' : '\1';
    append_part(encoded, attribute.value);
  }
  return md5(encoded);
}

}  // namespace belfry::aws::sqs

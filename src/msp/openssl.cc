#include "msp/openssl.h"

#include <openssl/err.h>

#include "base/check.h"

namespace belfry::msp {

Bio read_bio(std::string_view bytes) {
  // A null pointer would mean "no buffer" to OpenSSL, even of size 0.
  Bio bio(BIO_new_mem_buf(bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size())));
  BELFRY_CHECK(bio != nullptr);
  return bio;
}

std::string take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown reason";
}

}  // namespace belfry::msp

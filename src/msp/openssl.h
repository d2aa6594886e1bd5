// OpenSSL's objects with an owner, and its last error as words. For this folder's own files.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace belfry::msp {

template <auto free_function>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_free>>;

Bio read_bio(std::string_view bytes);  // views the bytes, which must outlive it
std::string take(BIO* bio);            // what was written to a memory BIO
std::string last_error();              // words of OpenSSL's last error; empties its queue

}  // namespace belfry::msp

// EC_GROUP_precompute_mult is deprecated in favour of nothing; OpenSSL 3 has it all the same.
#define OPENSSL_API_COMPAT 0x10100000L
#include "msp/key_table.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "base/check.h"

namespace belfry::msp {
namespace {

using Context = std::unique_ptr<BN_CTX, Freer<BN_CTX_free>>;
using Point = std::unique_ptr<EC_POINT, Freer<EC_POINT_free>>;

// Scratch space; of the thread, as making one takes long.
BN_CTX* scratch() {
  thread_local const Context context(BN_CTX_new());
  BELFRY_CHECK(context != nullptr);
  return context.get();
}

// Numbers of the scratch space for as long as this lives.
class Numbers {
 public:
  explicit Numbers(BN_CTX* context) : context_(context) { BN_CTX_start(context_); }
  ~Numbers() { BN_CTX_end(context_); }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;
  BIGNUM* take() {
    BIGNUM* number = BN_CTX_get(context_);
    BELFRY_CHECK(number != nullptr);
    return number;
  }

 private:
  BN_CTX* const context_;
};

Point point_of(const EVP_PKEY* key, const EC_GROUP* curve) {
  unsigned char bytes[65];  // uncompressed
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes, sizeof bytes, &size) !=
      1)
    return nullptr;
  Point point(EC_POINT_new(curve));
  if (point == nullptr || EC_POINT_oct2point(curve, point.get(), bytes, size, scratch()) != 1)
    return nullptr;
  return point;
}

}  // namespace

std::unique_ptr<const KeyTable> KeyTable::create(const EVP_PKEY* key) {
  std::unique_ptr<KeyTable> table(new KeyTable);
  char name[64];
  const bool p256 = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name,
                                                   sizeof name, nullptr) == 1 &&
                    std::string_view(name) == SN_X9_62_prime256v1;
  if (p256) {
    table->curve_.reset(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    table->of_key_.reset(EC_GROUP_dup(table->curve_.get()));
    const BIGNUM* order = EC_GROUP_get0_order(table->curve_.get());
    table->inverse_.reset(BN_dup(order));
    table->order_.reset(BN_MONT_CTX_new());
    const Point point = point_of(key, table->curve_.get());
    if (point != nullptr && BN_sub_word(table->inverse_.get(), 2) == 1 &&
        BN_MONT_CTX_set(table->order_.get(), order, scratch()) == 1 &&
        EC_GROUP_set_generator(table->of_key_.get(), point.get(), order, BN_value_one()) == 1 &&
        EC_GROUP_precompute_mult(table->of_key_.get(), scratch()) == 1 &&
        EC_GROUP_have_precompute_mult(table->of_key_.get()) == 1)
      return table;
  }
  ERR_clear_error();
  return nullptr;
}

bool KeyTable::verify(const BIGNUM* r, const BIGNUM* s, const Hash256& hash) const {
  const EC_GROUP* curve = curve_.get();
  const BIGNUM* order = EC_GROUP_get0_order(curve);
  if (BN_is_negative(r) || BN_is_zero(r) || BN_cmp(r, order) >= 0) return false;
  if (BN_is_negative(s) || BN_is_zero(s) || BN_cmp(s, order) >= 0) return false;
  BN_CTX* context = scratch();
  Numbers numbers(context);
  BIGNUM *e = numbers.take(), *w = numbers.take(), *of_g = numbers.take(), *of_q = numbers.take(),
         *x = numbers.take();
  const Point at_g(EC_POINT_new(curve)), at_q(EC_POINT_new(curve));
  const bool counted =
      at_g != nullptr && at_q != nullptr &&
      BN_bin2bn(hash.data(), static_cast<int>(hash.size()), e) != nullptr &&
      // The order is a prime: s to the power of the order less two is 1/s.
      BN_mod_exp_mont(w, s, inverse_.get(), order, context, order_.get()) == 1 &&
      BN_mod_mul(of_g, e, w, order, context) == 1 && BN_mod_mul(of_q, r, w, order, context) == 1 &&
      EC_POINT_mul(curve, at_g.get(), of_g, nullptr, nullptr, context) == 1 &&
      EC_POINT_mul(of_key_.get(), at_q.get(), of_q, nullptr, nullptr, context) == 1 &&
      EC_POINT_add(curve, at_g.get(), at_g.get(), at_q.get(), context) == 1;
  // It has no x at infinity.
  if (counted && EC_POINT_is_at_infinity(curve, at_g.get()) == 0 &&
      EC_POINT_get_affine_coordinates(curve, at_g.get(), x, nullptr, context) == 1 &&
      BN_nnmod(x, x, order, context) == 1)
    return BN_cmp(x, r) == 0;
  ERR_clear_error();
  return false;
}

}  // namespace belfry::msp

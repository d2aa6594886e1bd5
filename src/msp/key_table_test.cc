#include "msp/key_table.h"

#include <gtest/gtest.h>

#include "msp/signature.h"

namespace belfry::msp {
namespace {

// A key, its private number d, and OpenSSL's own opinion of signatures.
class KeyTableTest : public testing::Test {
 protected:
  KeyTableTest() {
    BIGNUM* d = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), "priv", &d);
    d_.reset(d);
    order_.reset(BN_dup(EC_GROUP_get0_order(group_.get())));
  }

  static BigNumber number(unsigned long value) {
    BigNumber out(BN_new());
    BN_set_word(out.get(), value);
    return out;
  }
  BigNumber less(unsigned long value) const {
    BigNumber out(BN_dup(order_.get()));
    BN_sub_word(out.get(), value);
    return out;
  }
  // number / d, modulo the order.
  BigNumber divided_by_d(const BIGNUM* number) const {
    BigNumber out(BN_mod_inverse(nullptr, d_.get(), order_.get(), context_.get()));
    BN_mod_mul(out.get(), out.get(), number, order_.get(), context_.get());
    return out;
  }
  EcdsaSignature sign(const Hash256& hash) const {
    std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>> signing(
        EVP_PKEY_CTX_new(key_.get(), nullptr));
    unsigned char der[128];
    size_t size = sizeof der;
    EXPECT_EQ(EVP_PKEY_sign_init(signing.get()), 1);
    EXPECT_EQ(EVP_PKEY_sign(signing.get(), der, &size, hash.data(), hash.size()), 1);
    const unsigned char* at = der;
    return EcdsaSignature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  }
  bool usually(const BIGNUM* r, const BIGNUM* s, const Hash256& hash) const {
    EcdsaSignature signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), BN_dup(r), BN_dup(s));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>> verifying(
        EVP_PKEY_CTX_new(key_.get(), nullptr));
    EVP_PKEY_verify_init(verifying.get());
    const bool good = EVP_PKEY_verify(verifying.get(), der, static_cast<size_t>(size), hash.data(),
                                      hash.size()) == 1;
    OPENSSL_free(der);
    return good;
  }
  void expect_same(const BIGNUM* r, const BIGNUM* s, const Hash256& hash, bool good) const {
    EXPECT_EQ(usually(r, s, hash), good);
    EXPECT_EQ(table_->verify(r, s, hash), good);
  }

  const Key key_{EVP_EC_gen("P-256")};
  const std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>> group_{
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  const std::unique_ptr<BN_CTX, Freer<BN_CTX_free>> context_{BN_CTX_new()};
  const std::unique_ptr<const KeyTable> table_ = KeyTable::create(key_.get());
  BigNumber d_, order_;
};

TEST_F(KeyTableTest, TakesGoodSignaturesAndNoOthers) {
  ASSERT_NE(table_, nullptr);
  for (int i = 0; i < 50; ++i) {
    Hash256 hash = sha256("message " + std::to_string(i));
    const EcdsaSignature signature = sign(hash);
    const BIGNUM *r = nullptr, *s = nullptr;
    ECDSA_SIG_get0(signature.get(), &r, &s);
    expect_same(r, s, hash, true);
    BigNumber high(BN_dup(order_.get()));
    BN_sub(high.get(), high.get(), s);
    expect_same(r, high.get(), hash, true);  // low S is the caller's to ask for
    expect_same(s, r, hash, false);
    BigNumber other(BN_dup(s));
    BN_add_word(other.get(), 1);
    expect_same(r, other.get(), hash, false);
    hash[static_cast<size_t>(i) % hash.size()] ^= 1;
    expect_same(r, s, hash, false);
  }
}

TEST_F(KeyTableTest, TakesHashesAtTheirEnds) {
  for (const unsigned char byte : {0x00, 0xff}) {
    Hash256 hash;
    hash.fill(byte);  // no multiple of G at all; more than the order
    const EcdsaSignature signature = sign(hash);
    const BIGNUM *r = nullptr, *s = nullptr;
    ECDSA_SIG_get0(signature.get(), &r, &s);
    expect_same(r, s, hash, true);
    expect_same(s, r, hash, false);
  }
}

TEST_F(KeyTableTest, RefusesNumbersOutOfRange) {
  const Hash256 hash = sha256("message");
  const BigNumber one = number(1), none = number(0), last = less(1);
  BigNumber negative = number(5), whole(BN_dup(order_.get()));
  BN_set_negative(negative.get(), 1);
  for (const BIGNUM* out : {none.get(), negative.get(), whole.get()}) {
    expect_same(out, one.get(), hash, false);
    expect_same(one.get(), out, hash, false);
  }
  for (const BIGNUM* r : {one.get(), last.get()})
    for (const BIGNUM* s : {one.get(), last.get()}) expect_same(r, s, hash, false);
}

// The two multiples may be opposite, and their sum infinity; or the same, and added by doubling.
TEST_F(KeyTableTest, AddsMultiplesThatAreOppositeOrEqual) {
  const Hash256 hash = sha256("message");
  const BigNumber e(BN_bin2bn(hash.data(), static_cast<int>(hash.size()), nullptr));
  BigNumber opposite = divided_by_d(e.get());
  const BigNumber equal(BN_dup(opposite.get()));
  BN_sub(opposite.get(), order_.get(), opposite.get());
  expect_same(opposite.get(), number(7).get(), hash, false);
  expect_same(equal.get(), number(7).get(), hash, false);
}

TEST_F(KeyTableTest, KnowsItsCurveOnly) {
  EXPECT_EQ(KeyTable::create(Key(EVP_EC_gen("P-384")).get()), nullptr);
  EXPECT_EQ(KeyTable::create(Key(EVP_EC_gen("secp256k1")).get()), nullptr);
}

// Many times the same key, so that some are checked without the table and some with it.
TEST_F(KeyTableTest, IsTakenWithoutANotice) {
  const std::string good = sign_low_s(key_.get(), "message");
  std::string bad = good;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  for (int i = 0; i < 700; ++i) {
    ASSERT_TRUE(verify_low_s(key_.get(), "message", good)) << i;
    ASSERT_FALSE(verify_low_s(key_.get(), "another", good)) << i;
    ASSERT_FALSE(verify_low_s(key_.get(), "message", bad)) << i;
  }
}

}  // namespace
}  // namespace belfry::msp

#include "sinks/dkim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "sinks/mail.h"

// Whether others take the signatures for good is seen by an independent verifier:
// tests/aws/sns_delivery_test.py.
namespace belfry::sinks {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const WallTime kNow{std::chrono::seconds(1'700'000'000)};

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

std::string ed25519() {
  return pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

std::string problem(DkimSettings settings) {
  auto made = DkimSigner::make(settings);
  return made ? "" : made.error().message;
}

// Ed25519 signs the same alike, so what was not changed shows.
class DkimTest : public testing::Test {
 protected:
  std::string sign(const std::string& mail) { return signer->sign(mail, kNow); }
  const std::unique_ptr<DkimSigner> signer =
      std::move(DkimSigner::make({"example.org", "bell", ed25519()}).value());
};

TEST_F(DkimTest, NamesWhatIsSigned) {
  const std::string field = sign(format_mail(
      {"board@example.org", "News", "two\nlines", "id-1", ""}, "Belfry <bell@example.org>", kNow));
  EXPECT_THAT(field, StartsWith("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; "
                                "d=example.org; s=bell;\r\n t=1700000000; "
                                "h=from:from:to:subject:date:message-id:mime-version:content-type:"
                                "content-transfer-encoding:auto-submitted;\r\n bh="));
  EXPECT_TRUE(field.ends_with("\r\n"));
}

TEST_F(DkimTest, WhiteSpaceOnTheWayDoesNoHarmAndAllElseDoes) {
  const std::string signature = sign("From: a@b\r\nSubject: one two\r\n\r\nbody text\r\n");
  EXPECT_EQ(sign("FROM:a@b \r\nSubject:  one\r\n two\r\n\r\nbody  text \r\n\r\n\r\n"), signature);
  EXPECT_EQ(sign("X-More: field\r\nFrom: a@b\r\nSubject: one two\r\n\r\nbody text\r\n"), signature);
  for (const char* other : {"From: a@c\r\nSubject: one two\r\n\r\nbody text\r\n",
                            "From: a@b\r\nSubject: onetwo\r\n\r\nbody text\r\n",
                            "From: a@b\r\nSubject: one two\r\n\r\nbodytext\r\n",
                            "From: a@b\r\nSubject: one two\r\n\r\n\r\nbody text\r\n",
                            "From: a@b\r\nSubject: one two\r\n\r\n body text\r\n"})
    EXPECT_NE(sign(other), signature) << other;
}

TEST_F(DkimTest, AnEmptyBodyHasADigest) {
  // Of no bytes at all: RFC 6376 §3.4.4.
  EXPECT_THAT(sign("From: a@b\r\n\r\n\r\n\r\n"),
              HasSubstr("bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"));
  EXPECT_EQ(sign("From: a@b\r\n\r\n"), sign("From: a@b\r\n\r\n\r\n"));
}

TEST(DkimKeyTest, WrongOnesAreTold) {
  const std::string good = ed25519();
  EXPECT_EQ(problem({"example.org", "bell", good}), "");
  EXPECT_EQ(problem({"example.org", "bell", pem_of(EVP_RSA_gen(2048))}), "");
  EXPECT_EQ(problem({"", "bell", good}), "'' is no domain");
  EXPECT_EQ(problem({"example.org", "b;d=x", good}),
            "'b;d=x' is no selector: letters, digits, - and .");
  EXPECT_EQ(problem({"example.org", "bell", "key"}), "the key is no private key in PEM");
  EXPECT_EQ(problem({"example.org", "bell", pem_of(EVP_EC_gen("P-256"))}),
            "the key is neither an RSA nor an Ed25519 key: DKIM knows no others");
  EXPECT_EQ(problem({"example.org", "bell", pem_of(EVP_RSA_gen(768))}),
            "the RSA key has 768 bits: receivers refuse less than 1024");
}

}  // namespace
}  // namespace belfry::sinks

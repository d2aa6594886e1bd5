#include "msp/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "msp/identity.h"
#include "msp/signer.h"
#include "support/certificates.h"

namespace belfry::msp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tests::CertificateAuthority;

WallTime day(int year, unsigned month, unsigned day) {
  return WallTime(std::chrono::sys_days(std::chrono::year(year) / month / day));
}

TEST(Certificate, OneTextIsDecodedOnce) {
  CertificateAuthority ca({.common_name = "ca.org1"});
  const auto first = Certificate::from_pem(ca.certificate());
  const auto again = Certificate::from_pem(ca.certificate());
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->native(), again->native());
}

TEST(Certificate, TellsWhomItNames) {
  CertificateAuthority ca({.common_name = "ca.org1", .organization = "org1.example.com"});
  auto alice = ca.issue({.common_name = "alice",
                         .units = {"client", "department1"},
                         .organization = "Org, One",
                         .not_before = day(2021, 2, 3),
                         .not_after = day(2031, 4, 5)});
  auto certificate = Certificate::from_pem(alice.certificate);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->common_name(), "alice");
  EXPECT_THAT(certificate->organizational_units(), ElementsAre("client", "department1"));
  EXPECT_EQ(certificate->subject(), "CN=alice,OU=department1,OU=client,O=Org\\, One");
  EXPECT_EQ(certificate->issuer(), "CN=ca.org1,O=org1.example.com");
  EXPECT_EQ(certificate->not_before(), day(2021, 2, 3));
  EXPECT_EQ(certificate->not_after(), day(2031, 4, 5));
  EXPECT_EQ(certificate->subject_key_id().size(), 20U);
  EXPECT_FALSE(certificate->is_ca());
  EXPECT_TRUE(Certificate::from_pem(ca.certificate())->is_ca());
  EXPECT_EQ(certificate->pem(), alice.certificate);
  EXPECT_EQ(Certificate::from_der(certificate->der())->pem(), alice.certificate);
  EXPECT_EQ(certificate->fingerprint(), sha256(certificate->der()));
}

TEST(Certificate, KeepsNonAsciiNames) {
  auto zoe = CertificateAuthority().issue({.common_name = "Zoë Ω"});
  EXPECT_EQ(Certificate::from_pem(zoe.certificate)->common_name(), "Zoë Ω");
  EXPECT_EQ(Certificate::from_pem(zoe.certificate)->subject(), "CN=Zoë Ω");
}

TEST(Certificate, NamesWhatTheTextIsInstead) {
  auto alice = CertificateAuthority().issue({});
  auto error = [](std::string_view text) {
    auto certificate = Certificate::from_pem(text);
    return certificate ? std::string("parsed") : certificate.error().message;
  };
  EXPECT_THAT(error(""), HasSubstr("it is empty"));
  EXPECT_THAT(error(" \n"), HasSubstr("it is empty"));
  EXPECT_THAT(error("hello"), HasSubstr("no line -----BEGIN CERTIFICATE-----"));
  EXPECT_THAT(error(alice.key), HasSubstr("private key instead"));
  std::string damaged = alice.certificate;
  damaged[100] = '*';
  EXPECT_THAT(error(damaged), HasSubstr("damaged"));
  EXPECT_THAT(error(std::string(2 << 20, 'x')), HasSubstr("at most"));
  EXPECT_THAT(Certificate::from_der("nonsense").error().message,
              HasSubstr("not a DER certificate"));
}

TEST(Certificate, ReadsEveryOneInABundle) {
  CertificateAuthority ca;
  auto leaf = ca.issue({.common_name = "leaf"});
  auto all =
      Certificate::all_from_pem("a comment\n" + leaf.certificate + "between\n" + ca.certificate());
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].common_name(), "leaf");
  EXPECT_EQ((*all)[1].common_name(), "ca.example.com");
  std::string damaged = ca.certificate();
  damaged[100] = '*';
  EXPECT_THAT(Certificate::all_from_pem(leaf.certificate + damaged).error().message,
              HasSubstr("certificate 2"));
}

TEST(Certificate, KnowsWhenItIsValid) {
  auto leaf = CertificateAuthority().issue(
      {.common_name = "alice", .not_before = day(2021, 1, 1), .not_after = day(2022, 1, 1)});
  auto certificate = *Certificate::from_pem(leaf.certificate);
  EXPECT_TRUE(certificate.valid_at(day(2021, 6, 1)));
  EXPECT_EQ(certificate.valid_at(day(2023, 1, 1)).error().message,
            "the certificate of CN=alice expired at 2022-01-01T00:00:00.000000000Z");
  EXPECT_THAT(certificate.valid_at(day(2020, 1, 1)).error().message,
              HasSubstr("is the clock right?"));
  EXPECT_FALSE(expiry_warning(certificate, day(2021, 11, 30)));
  EXPECT_THAT(*expiry_warning(certificate, day(2021, 12, 20)), HasSubstr("ends in 12 days"));
  EXPECT_THAT(*expiry_warning(certificate, day(2022, 2, 1)), HasSubstr("ended at 2022-01-01"));
}

class Signing : public testing::TestWithParam<const char*> {};

TEST_P(Signing, IsLowSAndVerifies) {
  auto alice = CertificateAuthority().issue({.curve = GetParam()});
  auto signer = Signer::from_pem(alice.key);
  ASSERT_TRUE(signer) << signer.error().message;
  auto certificate = *Certificate::from_pem(alice.certificate);
  EXPECT_TRUE(signer->matches(certificate));
  for (int i = 0; i < 32; ++i) {  // half of all raw signatures have a high S
    const std::string signature = signer->sign("message " + std::to_string(i));
    EXPECT_TRUE(certificate.verify("message " + std::to_string(i), signature));
    EXPECT_FALSE(certificate.verify("another message", signature));
  }
}
INSTANTIATE_TEST_SUITE_P(Curves, Signing, testing::Values("P-256", "P-384"));

TEST(Signature, HighSIsRefused) {
  auto alice = CertificateAuthority().issue({});
  auto certificate = *Certificate::from_pem(alice.certificate);
  const std::string low = Signer::from_pem(alice.key)->sign("message");
  const std::string high = tests::flip_s(low);
  EXPECT_TRUE(certificate.verify("message", low));
  EXPECT_FALSE(certificate.verify("message", high));
  EXPECT_TRUE(certificate.verify("message", tests::flip_s(high)));
}

TEST(Signature, NonsenseIsRefused) {
  auto alice = CertificateAuthority().issue({});
  auto certificate = *Certificate::from_pem(alice.certificate);
  EXPECT_FALSE(certificate.verify("message", ""));
  EXPECT_FALSE(certificate.verify("message", "nonsense"));
  EXPECT_FALSE(certificate.verify(
      "message", std::string("\x30\x06\x02\x01\x00\x02\x01\x00", 8)));  // r = s = 0
  auto rsa = *Certificate::from_pem(CertificateAuthority().issue({.curve = "RSA"}).certificate);
  EXPECT_FALSE(rsa.verify("message", Signer::from_pem(alice.key)->sign("message")));
}

TEST(Signer, ReadsBothEncodings) {
  auto alice = CertificateAuthority().issue({});
  auto certificate = *Certificate::from_pem(alice.certificate);
  const std::string sec1 = tests::key_as_sec1(alice.key);
  ASSERT_THAT(sec1, HasSubstr("BEGIN EC PRIVATE KEY"));
  EXPECT_TRUE(Signer::from_pem(sec1)->matches(certificate));
  // What `openssl ecparam -genkey` writes.
  EXPECT_TRUE(
      Signer::from_pem(
          "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + sec1)
          ->matches(certificate));
}

TEST(Signer, NamesWhyAKeyIsOfNoUse) {
  CertificateAuthority ca;
  auto alice = ca.issue({});
  auto error = [](std::string_view text) {
    auto signer = Signer::from_pem(text);
    return signer ? std::string("parsed") : signer.error().message;
  };
  EXPECT_THAT(error(""), HasSubstr("it is empty"));
  EXPECT_THAT(error(alice.certificate), HasSubstr("certificate instead"));
  EXPECT_THAT(error(tests::key_encrypted(alice.key, "secret")), HasSubstr("encrypted"));
  EXPECT_THAT(error(ca.issue({.curve = "secp256k1"}).key), HasSubstr("secp256k1"));
  EXPECT_THAT(error(ca.issue({.curve = "P-521"}).key), HasSubstr("secp521r1"));
  EXPECT_THAT(error(ca.issue({.curve = "RSA"}).key), HasSubstr("RSA of 2048 bits"));
  std::string damaged = alice.key;
  damaged[60] = '*';
  EXPECT_THAT(error(damaged), HasSubstr("damaged"));
  EXPECT_FALSE(Signer::from_pem(alice.key)->matches(*Certificate::from_pem(ca.certificate())));
}

}  // namespace
}  // namespace belfry::msp

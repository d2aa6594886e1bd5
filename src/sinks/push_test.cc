#include "sinks/push_message.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/bytes.h"
#include "sinks/jwt.h"

namespace belfry::sinks {
namespace {

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string from_url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return unbase64(text).value();
}

TEST(PushTest, FcmTakesTextAndEveryFormOfItsJson) {
  EXPECT_EQ(fcm_body("ding", "t"), R"({"message":{"notification":{"body":"ding"},"token":"t"}})");
  EXPECT_EQ(fcm_body(R"({"data":{"n":"1"}})", "t"),
            R"({"message":{"data":{"n":"1"},"token":"t"}})");
  EXPECT_EQ(fcm_body(R"({"fcmV1Message":{"message":{"data":{"n":"1"}}}})", "t"),
            R"({"message":{"data":{"n":"1"},"token":"t"}})");
  EXPECT_EQ(fcm_body(R"({"message":{"token":"other","data":{}}})", "t"),
            R"({"message":{"token":"t","data":{}}})");
}

TEST(PushTest, ApnsTakesTextAndItsJson) {
  EXPECT_EQ(apns_body("ding"), R"({"aps":{"alert":"ding"}})");
  EXPECT_EQ(apns_body(R"({"aps":{"badge":1}})"), R"({"aps":{"badge":1}})");
}

TEST(PushTest, AMessagesAttributesAreItsHeaders) {
  const WallTime sent{std::chrono::seconds(1'700'000'000)};
  const auto headers = [&](const queue::Attributes& attributes, std::string_view platform = "APNS",
                           std::string_view body = R"({"aps":{"alert":"ding"}})") {
    std::string text;
    for (const auto& [name, value] : apns_headers(attributes, platform, "org.app", body, sent))
      if (name != "content-type") text += name + "=" + value + " ";
    return text;
  };
  EXPECT_EQ(headers({}), "apns-topic=org.app apns-push-type=alert ");
  EXPECT_EQ(headers({}, "APNS", R"({"aps":{"content-available":1}})"),
            "apns-topic=org.app apns-push-type=background apns-priority=5 ");
  EXPECT_EQ(headers({}, "APNS", R"({"aps":{"content-available":1,"badge":3}})"),
            "apns-topic=org.app apns-push-type=alert ");
  EXPECT_EQ(headers({}, "APNS_VOIP_SANDBOX"), "apns-topic=org.app.voip apns-push-type=voip ");
  EXPECT_EQ(headers({{"AWS.SNS.MOBILE.APNS.PUSH_TYPE", {"String", "location"}},
                     {"AWS.SNS.MOBILE.APNS.TOPIC", {"String", "org.app.location-query"}},
                     {"AWS.SNS.MOBILE.APNS.PRIORITY", {"String", "1"}},
                     {"AWS.SNS.MOBILE.APNS.COLLAPSE_ID", {"String", "one"}},
                     {"AWS.SNS.MOBILE.APNS_SANDBOX.TTL", {"String", "100"}}},
                    "APNS_SANDBOX"),
            "apns-topic=org.app.location-query apns-push-type=location apns-priority=1 "
            "apns-collapse-id=one apns-expiration=1700000100 ");
  for (const auto& [ttl, shown] : {std::pair("0", "apns-expiration=0 "), std::pair("soon", "")})
    EXPECT_EQ(headers({{"AWS.SNS.MOBILE.APNS.TTL", {"String", ttl}}}),
              std::string("apns-topic=org.app apns-push-type=alert ") + shown);
  EXPECT_EQ(fcm_body("x", "t", {{"AWS.SNS.MOBILE.GCM.TTL", {"Number", "60"}}}),
            R"({"message":{"notification":{"body":"x"},"token":"t","android":{"ttl":"60s"}}})");
  EXPECT_EQ(
      fcm_body(R"({"android":{"ttl":"1s"}})", "t", {{"AWS.SNS.MOBILE.GCM.TTL", {"Number", "60"}}}),
      R"({"message":{"android":{"ttl":"1s"},"token":"t"}})");
}

TEST(JwtTest, AnEllipticSignatureIsTwoNumbers) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  const auto token = sign_jwt(JwtAlgorithm::es256, "KEY", R"({"iss":"TEAM"})", pem_of(key));
  ASSERT_TRUE(token) << token.error().message;
  const size_t first = token->find('.'), second = token->rfind('.');
  EXPECT_EQ(from_url(token->substr(0, first)), R"({"alg":"ES256","typ":"JWT","kid":"KEY"})");
  EXPECT_EQ(from_url(token->substr(first + 1, second - first - 1)), R"({"iss":"TEAM"})");
  const std::string numbers = from_url(token->substr(second + 1));
  ASSERT_EQ(numbers.size(), 64u);
  const auto* bytes = reinterpret_cast<const unsigned char*>(numbers.data());
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  EXPECT_EQ(EVP_DigestVerify(context, der, static_cast<size_t>(size),
                             reinterpret_cast<const unsigned char*>(token->data()), second),
            1);
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(signature);
  EVP_PKEY_free(key);
}

TEST(JwtTest, WrongKeysAreTold) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  EXPECT_EQ(sign_jwt(JwtAlgorithm::rs256, "", "{}", pem_of(key)).error().message,
            "the credential is no RSA key");
  EXPECT_EQ(sign_jwt(JwtAlgorithm::rs256, "", "{}", "nothing").error().message,
            "the credential is no private key in PEM");
  EVP_PKEY_free(key);
}

}  // namespace
}  // namespace belfry::sinks

// The expected signatures were made by botocore 1.43.11 (SigV4Auth, SigV4QueryAuth) for these very
// requests.
#include "aws/sigv4.h"

#include <gtest/gtest.h>

namespace belfry::aws {
namespace {

constexpr char kSecret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const WallTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) +
                    std::chrono::hours(2) + std::chrono::minutes(20) + std::chrono::seconds(11)};

struct Posted {
  http::Headers headers = {{"Host", "127.0.0.1:4566"},
                           {"Content-Type", "application/x-amz-json-1.0"},
                           {"X-Amz-Target", "AmazonSQS.SendMessage"}};
  std::string body = R"({"QueueUrl":"q"})";
  SignedParts parts() const {
    return {"POST", "/000000000000/my%20queue", "b=2&a=1%2F", &headers, body};
  }
};

Posted signed_request() {
  Posted request;
  const auto added = sign(request.parts(), {"AKIDEXAMPLE", kSecret, "token"},
                          {.region = "eu-west-1", .service = "sqs"}, kNow);
  request.headers.insert(request.headers.end(), added.begin(), added.end());
  return request;
}

Claim claim_of(const SignedParts& parts) {
  auto claim = read_claim(parts);
  EXPECT_TRUE(std::holds_alternative<Claim>(claim));
  return std::get<Claim>(std::move(claim));
}

TEST(SigV4, SignsAsBotocoreDoes) {
  EXPECT_EQ(signed_request().headers.back().second,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/eu-west-1/sqs/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
            "Signature=8bf53464b1e51e8998b8eaefd1042d44bab84b49bd2f94f664a2eab53a2a40d6");
}

TEST(SigV4, VerifiesWhatItSigned) {
  const auto request = signed_request();
  const auto claim = claim_of(request.parts());
  EXPECT_EQ(claim.access_key, "AKIDEXAMPLE");
  EXPECT_EQ(claim.scope.service, "sqs");
  EXPECT_FALSE(verify(request.parts(), claim, kSecret, kNow));
  EXPECT_TRUE(verify(request.parts(), claim, "another secret", kNow));
}

TEST(SigV4, NoticesEveryChange) {
  const auto original = signed_request();
  const auto claim = claim_of(original.parts());
  auto changed = original;
  changed.body += ' ';
  EXPECT_EQ(verify(changed.parts(), claim, kSecret, kNow)->code, "SignatureDoesNotMatch");
  changed = original;
  changed.headers[2].second = "AmazonSQS.DeleteQueue";
  EXPECT_EQ(verify(changed.parts(), claim, kSecret, kNow)->code, "SignatureDoesNotMatch");
  changed = original;
  changed.headers.emplace_back("X-Amz-Extra", "not signed");
  EXPECT_EQ(verify(changed.parts(), claim, kSecret, kNow)->code, "SignatureDoesNotMatch");
}

TEST(SigV4, HoldsToTheClock) {
  const auto request = signed_request();
  const auto claim = claim_of(request.parts());
  EXPECT_FALSE(verify(request.parts(), claim, kSecret, kNow + std::chrono::minutes(15)));
  EXPECT_TRUE(verify(request.parts(), claim, kSecret, kNow + std::chrono::minutes(16)));
  EXPECT_TRUE(verify(request.parts(), claim, kSecret, kNow - std::chrono::minutes(16)));
}

TEST(SigV4, VerifiesAPresignedUrl) {
  const http::Headers headers = {{"host", "127.0.0.1:4566"}};
  const SignedParts parts{
      "GET", "/",
      "Action=Receive%20x&QueueName=a%2Bb&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
      "AKIDEXAMPLE%2F20261124%2Feu-west-1%2Fsqs%2Faws4_request&X-Amz-Date=20261124T022011Z&"
      "X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature="
      "925d9dc18287fd1c3808b87f49a17f5b6ada0614909fc7aa9cf057faefec0a51",
      &headers, ""};
  const auto claim = claim_of(parts);
  EXPECT_FALSE(verify(parts, claim, kSecret, kNow + std::chrono::seconds(60)));
  EXPECT_EQ(verify(parts, claim, kSecret, kNow + std::chrono::seconds(61))->code, "RequestExpired");
}

TEST(SigV4, TheSignerIsReadWithoutItsSignature) {
  Posted request;
  EXPECT_TRUE(read_signer(request.parts()).access_key.empty());
  request.headers.emplace_back(
      "authorization",
      "AWS4-HMAC-SHA256 Credential=A/K/20261124/eu-west-1/sqs/aws4_request, SignedHeaders=host");
  const auto claim = read_signer(request.parts());
  EXPECT_EQ(claim.access_key, "A/K");
  EXPECT_EQ(claim.scope.region, "eu-west-1");
  EXPECT_EQ(claim.scope.service, "sqs");
}

TEST(SigV4, NamesWhatIsMissing) {
  Posted request;
  EXPECT_TRUE(std::holds_alternative<std::monostate>(read_claim(request.parts())));
  request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request");
  const auto fault = std::get<SignatureFault>(read_claim(request.parts()));
  EXPECT_EQ(fault.code, "IncompleteSignature");
  EXPECT_NE(fault.message.find("requires 'SignedHeaders' parameter"), std::string::npos);
}

}  // namespace
}  // namespace belfry::aws

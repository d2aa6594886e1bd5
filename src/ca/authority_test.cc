#include "ca/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/forgetful_files.h"
#include "ca/test_client.h"

namespace belfry::ca {
namespace {

class AuthorityTest : public ::testing::Test {
 protected:
  void open(CaSettings settings = {.name = "ca-org1"}) {
    ca_.reset();
    auto ca = Ca::open(std::move(settings), {files_, clock_, *random_});
    ASSERT_TRUE(ca) << ca.error().message;
    ca_ = std::move(*ca);
    authorities_ = {ca_.get()};
  }

  JsonValue call(const http::ServerRequest& request) {
    const auto response = answer(request, authorities_);
    status_ = response.status;
    auto body = parse_json(response.body);
    return body ? std::move(*body) : JsonValue();
  }

  // As the identity with the token it signs.
  JsonValue call_as(const TestIdentity& who, const std::string& method, const std::string& target,
                    const std::string& body = {}) {
    return call(make_request(method, target, body, who.token({method, target, body})));
  }

  TestIdentity enroll(const std::string& id, const std::string& secret) {
    TestIdentity who;
    const auto body = call(make_request(
        "POST", "/enroll", R"({"certificate_request":)" + go_string(who.request(id)) + "}",
        "Basic " + base64(id + ":" + secret)));
    who.certificate = unbase64(text_at(member(&body, "result"), "Cert")).value_or("");
    return who;
  }

  ForgetfulFiles files_{1};
  ManualClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  std::unique_ptr<Ca> ca_;
  std::vector<Ca*> authorities_;
  int status_ = 0;
};

TEST_F(AuthorityTest, EnrollsItsRegistrarWhoRegistersAnotherWhoEnrolls) {
  open();
  const TestIdentity admin = enroll("admin", "adminpw");
  ASSERT_EQ(status_, 201);
  const auto registered =
      call_as(admin, "POST", "/api/v1/register",
              R"({"id":"alice","type":"client","affiliation":"org1.department1"})");
  ASSERT_EQ(status_, 201);
  const TestIdentity alice = enroll("alice", text_at(member(&registered, "result"), "secret"));
  ASSERT_EQ(status_, 201);
  const auto certificate = msp::Certificate::from_pem(alice.certificate);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->common_name(), "alice");
  EXPECT_THAT(certificate->organizational_units(),
              ::testing::ElementsAre("org1", "client", "department1"));
}

TEST_F(AuthorityTest, IssuesToItsHolder) {
  open();
  const auto peer = ca_->issue({.common_name = "peer0.org1.example.com",
                                .units = {"peer"},
                                .profile = "tls",
                                .hosts = {"peer0.org1.example.com", "127.0.0.1"}});
  ASSERT_TRUE(peer) << peer.error().message;
  const auto certificate = msp::Certificate::from_pem(peer->certificate);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_TRUE(certificate->valid_at(clock_.now()));
  EXPECT_TRUE(msp::Signer::from_pem(peer->key)->matches(*certificate));
  EXPECT_FALSE(ca_->issue({.common_name = "x", .profile = "nope"}));
}

}  // namespace
}  // namespace belfry::ca

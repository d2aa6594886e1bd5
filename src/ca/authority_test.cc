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

class KeptAuthorityTest : public AuthorityTest {
 protected:
  void reopen() { open({.name = "ca-org1", .folder = "ca", .master_key = key_}); }
  const MasterKey key_ = MasterKey::make(*random_);
};

TEST_F(KeptAuthorityTest, WhatWasAnsweredOutlivesThePower) {
  reopen();
  const std::string root = ca_->chain();
  const TestIdentity admin = enroll("admin", "adminpw");
  call_as(admin, "POST", "/register", R"({"id":"alice","secret":"alicepw"})");
  const TestIdentity alice = enroll("alice", "alicepw");
  ASSERT_EQ(status_, 201);
  call_as(admin, "POST", "/affiliations", R"({"name":"org9"})");
  call_as(admin, "POST", "/revoke", R"({"id":"alice"})");
  ASSERT_EQ(status_, 200);

  files_.cut_power();
  ca_.reset();
  files_.restore();
  reopen();
  EXPECT_EQ(ca_->chain(), root);
  call_as(admin, "GET", "/affiliations/org9");
  EXPECT_EQ(status_, 200);
  call_as(alice, "GET", "/identities");
  EXPECT_EQ(status_, 401) << "revoked";
  enroll("alice", "alicepw");
  EXPECT_EQ(status_, 401) << "revoked";
  enroll("admin", "adminpw");
  EXPECT_EQ(status_, 201);
}

TEST_F(KeptAuthorityTest, NothingOnTheDiskOpensWithoutItsKeys) {
  reopen();
  enroll("admin", "adminpw");
  const std::string key = ca_->key();
  ca_.reset();
  const auto names = files_.list("ca");
  ASSERT_TRUE(names);
  for (const auto& name : *names) {
    const std::string contents = files_.contents("ca/" + name);
    EXPECT_EQ(contents.find("adminpw"), std::string::npos);
    EXPECT_EQ(contents.find(key.substr(40, 40)), std::string::npos);
  }
  const auto other =
      Ca::open({.name = "ca-org1", .folder = "ca", .master_key = MasterKey::make(*random_)},
               {files_, clock_, *random_});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, ::testing::HasSubstr("the authority's key cannot be opened"));
}

TEST_F(KeptAuthorityTest, AFullDiskRefusesAndChangesNothing) {
  reopen();
  const TestIdentity admin = enroll("admin", "adminpw");
  files_.set_capacity(files_.used());
  const std::string large(400'000, 'x');
  int refused = 0;
  for (int i = 0; i < 1000 && refused == 0; ++i) {
    const std::string id = "u" + std::to_string(i);
    call_as(admin, "POST", "/register",
            R"({"id":")" + id + R"(","attrs":[{"name":"a","value":")" + large + R"("}]})");
    if (status_ == 201) continue;
    EXPECT_EQ(status_, 500);
    ++refused;
    call_as(admin, "GET", "/identities/" + id);
    EXPECT_EQ(status_, 404);
  }
  EXPECT_EQ(refused, 1);
}

TEST_F(KeptAuthorityTest, MakesItsRegistrarOnceAndWithASecretOnly) {
  EXPECT_FALSE(Ca::open({.folder = "ca", .master_key = key_, .registrar_secret = ""},
                        {files_, clock_, *random_}));
  reopen();
  EXPECT_TRUE(ca_->fresh());
  reopen();
  EXPECT_FALSE(ca_->fresh());
  open({.folder = "ca", .master_key = key_, .registrar_secret = "another"});
  enroll("admin", "another");
  EXPECT_EQ(status_, 401);
  enroll("admin", "adminpw");
  EXPECT_EQ(status_, 201);
}

TEST_F(AuthorityTest, TheOlderTokenIsTakenOnlyIfToldTo) {
  for (const bool taken : {false, true}) {
    open({.name = "ca-org1", .older_tokens = taken});
    const TestIdentity admin = enroll("admin", "adminpw");
    const std::string body = R"({"id":"alice"})", certificate = base64(admin.certificate);
    const auto signer = msp::Signer::from_pem(key_pem(admin.key.get()));
    call(make_request("POST", "/register", body,
                      certificate + "." + base64(signer->sign(base64(body) + "." + certificate))));
    EXPECT_EQ(status_, taken ? 201 : 401);
  }
}

TEST_F(AuthorityTest, ACertificateEndsNotLaterThanItsAuthority) {
  open({.name = "ca-org1", .root_expiry = std::chrono::hours(2)});
  const auto issued = ca_->issue({.common_name = "x"});
  const auto certificate = msp::Certificate::from_pem(issued->certificate);
  EXPECT_EQ(certificate->not_after(), ca_->certificate().not_after());
  EXPECT_EQ(certificate->not_before(), ca_->certificate().not_before());
}

TEST_F(AuthorityTest, TakesAnAuthorityThatItIsGiven) {
  open();
  const Credential given{ca_->chain(), ca_->key()};
  open({.name = "other", .authority = given});
  EXPECT_EQ(ca_->chain(), given.certificate);
  auto wrong = given;
  const auto other = ca_->issue({.common_name = "x"});
  wrong.key = other->key;
  EXPECT_FALSE(Ca::open({.authority = wrong}, {files_, clock_, *random_}));
  EXPECT_FALSE(Ca::open({.authority = *other}, {files_, clock_, *random_})) << "no CA";
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

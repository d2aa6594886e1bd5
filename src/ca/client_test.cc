#include "ca/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/forgetful_files.h"
#include "ca/server.h"

namespace belfry::ca {
namespace {

using ::testing::HasSubstr;

// Our client on our server, over HTTPS.
class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    ca_ = std::move(*Ca::open({.name = "ca-org1"}, {files_, system_clock(), secure_random()}));
    auto tls = ca_->issue({.common_name = "localhost", .profile = "tls", .hosts = {"localhost"}});
    auto server = CaServer::start({.tls = *tls}, {ca_.get()});
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    EXPECT_TRUE(replace_whole(posix_files(), roots_, ca_->chain()));
    options_ = {.url = "https://localhost:" + std::to_string(server_->port()),
                .authorities = roots_,
                .timeout = std::chrono::seconds(60)};
    client_ = std::move(*Client::make(options_));
  }
  ~ClientTest() override { ::unlink(roots_.c_str()); }

  const std::string roots_ =
      ::testing::TempDir() + "/ca_client_test." + std::to_string(::getpid()) + ".pem";
  ForgetfulFiles files_{1};
  std::unique_ptr<Ca> ca_;
  std::unique_ptr<CaServer> server_;
  ClientOptions options_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, EnrollsRegistersAndReenrolls) {
  const auto admin = client_->enroll({.id = "admin", .secret = "adminpw"});
  ASSERT_TRUE(admin) << admin.error().message;
  EXPECT_EQ(admin->ca_name, "ca-org1");
  EXPECT_EQ(admin->chain, ca_->chain());
  const auto answer = client_->call(admin->credential, "POST", "/register",
                                    R"({"id":"a b","secret":"pw","affiliation":"org1"})");
  ASSERT_TRUE(answer) << answer.error().message;
  const auto user = client_->enroll({.id = "a b",
                                     .secret = "pw",
                                     .certificate = {.profile = "tls",
                                                     .hosts = {{"a.example.com"}},
                                                     .subject = {.organization = {"Acme"}},
                                                     .attributes = {{"hf.Type", "nope:opt"}}}});
  ASSERT_TRUE(user) << user.error().message;
  const auto certificate = msp::Certificate::from_pem(user->credential.certificate);
  EXPECT_EQ(certificate->common_name(), "a b");
  EXPECT_THAT(certificate->subject(), HasSubstr("O=Acme"));
  const auto again = client_->reenroll(user->credential, {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(again->credential.key, user->credential.key);
}

TEST_F(ClientTest, NamesTheCaItMeans) {
  options_.ca_name = "ca-org1";
  EXPECT_TRUE((*Client::make(options_))->enroll({.id = "admin", .secret = "adminpw"}));
  options_.ca_name = "another";
  const auto client = std::move(*Client::make(options_));
  EXPECT_THAT(client->info().error().message, HasSubstr("CA 'another' does not exist"));
  const auto refused = client->enroll({.id = "admin", .secret = "adminpw"});
  EXPECT_THAT(refused.error().message, HasSubstr("code 19"));
}

TEST_F(ClientTest, ErrorsSayWhatToTryNext) {
  EXPECT_THAT(client_->enroll({.id = "admin", .secret = "x"}).error().message,
              HasSubstr("the name or the secret is wrong"));
  auto strange = ca_->issue({.common_name = "admin"});
  EXPECT_THAT(client_->call(*strange, "GET", "/identities").error().message,
              HasSubstr("enroll again"));
  options_.authorities = {};
  EXPECT_THAT((*Client::make(options_))->info().error().message, HasSubstr("--tls-ca"));
  EXPECT_FALSE(Client::make({.url = "localhost:7054"}));
}

}  // namespace
}  // namespace belfry::ca

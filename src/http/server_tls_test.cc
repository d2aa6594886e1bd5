#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

#include "base/files.h"
#include "http/client.h"
#include "http/server.h"
#include "http/test_socket.h"
#include "support/certificates.h"

namespace belfry::http {
namespace {

using testing::HasSubstr;

class ServerTlsTest : public testing::Test {
 protected:
  void start(ServerTls tls, RequestHandler handler) {
    Server::Options options;
    options.tls = std::move(tls);
    options.body_limit = 16 << 20;
    auto server = Server::start(std::move(options), std::move(handler));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    ASSERT_TRUE(replace_whole(posix_files(), authorities_, ca_.certificate()));
    client_ = Client::create({.allow_private_networks = true, .authorities = authorities_});
  }
  void TearDown() override { ::unlink(authorities_.c_str()); }

  ServerTls credential() {
    const auto issued = ca_.issue({.common_name = "server", .dns_names = {"localhost"}});
    return {issued.certificate, issued.key, {}};
  }

  Request request(std::string path) {
    Request request;
    request.url = "https://localhost:" + std::to_string(server_->port()) + path;
    request.timeout = std::chrono::seconds(60);
    request.response_limit = 32 << 20;
    return request;
  }

  const std::string authorities_ =
      testing::TempDir() + "/server_tls_test." + std::to_string(::getpid()) + ".pem";
  tests::CertificateAuthority ca_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

void echo(ServerRequest request, Respond respond) {
  respond({200, {}, request.target + " " + request.body, {}});
}

TEST_F(ServerTlsTest, AnswersOnOneConnectionAfterAnother) {
  start(credential(), echo);
  for (int i = 0; i < 5; ++i) {
    const Response response = client_->send(request("/a?b"));
    EXPECT_EQ(response.status, 200) << response.error;
    EXPECT_EQ(response.body, "/a?b ");
  }
}

TEST_F(ServerTlsTest, TakesAndGivesLargeBodies) {
  start(credential(), echo);
  Request large = request("/");
  large.method = "POST";
  for (int i = 0; large.body.size() < (8 << 20); ++i) large.body += std::to_string(i);
  const std::string expected = "/ " + large.body;
  const Response response = client_->send(std::move(large));
  EXPECT_EQ(response.status, 200) << response.error;
  EXPECT_TRUE(response.body == expected);
}

TEST_F(ServerTlsTest, Streams) {
  start(credential(), [](ServerRequest, Respond respond) {
    ServerResponse response;
    response.stream = [](std::shared_ptr<ServerStream> stream) {
      for (int i = 0; i < 100; ++i) stream->write(std::string(1000, 'x'));
    };
    respond(std::move(response));
  });
  const Response response = client_->send(request("/"));
  EXPECT_EQ(response.status, 200) << response.error;
  EXPECT_EQ(response.body.size(), 100'000u);
}

TEST_F(ServerTlsTest, WithoutTheRightAuthorityAClientStaysAway) {
  const tests::CertificateAuthority other({.common_name = "other"});
  const auto issued = other.issue({.common_name = "server", .dns_names = {"localhost"}});
  start({issued.certificate, issued.key, {}}, echo);
  EXPECT_EQ(client_->send(request("/")).status, 0);
}

TEST_F(ServerTlsTest, AsksForACertificateIfToldTo) {
  ServerTls tls = credential();
  tls.client_authorities = ca_.certificate();
  start(tls, echo);
  EXPECT_EQ(client_->send(request("/")).status, 0);
}

TEST_F(ServerTlsTest, SurvivesWhatIsNoTls) {
  start(credential(), echo);
  for (const std::string nonsense :
       {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\x16\x03\x01\x02", "", "\x80\x80\x80\x80\x80\x80"}) {
    TestSocket client(server_->port());
    client.send(nonsense);
    client.finish_sending();
    client.read_to_end();
  }
  EXPECT_EQ(client_->send(request("/")).status, 200);
}

TEST(ServerTls, RefusesWhatDoesNotFitTogether) {
  const tests::CertificateAuthority ca;
  const auto one = ca.issue({.common_name = "one"}), two = ca.issue({.common_name = "two"});
  const auto error = [](ServerTls tls) {
    Server::Options options;
    options.tls = std::move(tls);
    const auto server = Server::start(std::move(options), echo);
    return server ? std::string() : server.error().message;
  };
  EXPECT_THAT(error({one.certificate, two.key, {}}), HasSubstr("does not belong"));
  EXPECT_THAT(error({"nonsense", two.key, {}}), HasSubstr("certificate cannot be read"));
  EXPECT_THAT(error({one.certificate, "nonsense", {}}), HasSubstr("key cannot be read"));
  EXPECT_THAT(error({one.certificate, one.key, "x"}), HasSubstr("no PEM certificate"));
}

}  // namespace
}  // namespace belfry::http

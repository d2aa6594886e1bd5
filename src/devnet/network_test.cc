#include "devnet/network.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/forgetful_files.h"
#include "devnet/client_files.h"
#include "devnet/transaction_harness.h"
#include "http/client.h"
#include "msp/connection_profile.h"
#include "orderer/ab.grpc.pb.h"
#include "peer/events.grpc.pb.h"

namespace belfry::devnet {
namespace {

NetworkSettings free_ports() {
  NetworkSettings settings;
  settings.folder = "net";
  settings.orderer_port = settings.peer_port = 0;
  settings.participation_port = settings.operations_port = 0;
  return settings;
}

class NetworkTest : public ::testing::Test {
 protected:
  void start(NetworkSettings settings = free_ports()) {
    network_.reset();
    auto started = Network::start(std::move(settings), files_, system_clock(), nullptr);
    ASSERT_TRUE(started) << started.error().message;
    network_ = std::move(*started);
  }
  const OrganizationMaterial& org(size_t index) const {
    return network_->material().organizations[index];
  }
  const msp::SigningIdentity& user() const { return *org(0).users[1].identity; }

  std::shared_ptr<grpc::Channel> to(const std::string& address,
                                    const OrganizationMaterial& owner) const {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = owner.tls_ca.certificate;
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(owner.nodes.front().name);
    return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
  }
  std::shared_ptr<grpc::Channel> to_peer() const {
    return to(network_->peer_address(*network_->peers().front()), org(0));
  }
  std::shared_ptr<grpc::Channel> to_orderer() const {
    return to(network_->orderer_address(), network_->material().orderer);
  }

  ::common::Envelope seek(uint64_t start, uint64_t stop) const {
    ::orderer::SeekInfo info;
    info.mutable_start()->mutable_specified()->set_number(start);
    info.mutable_stop()->mutable_specified()->set_number(stop);
    ::common::Envelope envelope;
    EXPECT_TRUE(envelope.ParseFromString(signed_envelope(::common::DELIVER_SEEK_INFO, "mychannel",
                                                         info.SerializeAsString(), user(),
                                                         system_clock().now(), secure_random())));
    return envelope;
  }

  ForgetfulFiles files_{11};
  std::unique_ptr<Network> network_;
};

TEST_F(NetworkTest, OrdersAndDelivers) {
  start();
  auto orderer = ::orderer::AtomicBroadcast::NewStub(to_orderer());
  auto peer = ::protos::Deliver::NewStub(to_peer());
  grpc::ClientContext deliver_context, broadcast_context;
  auto blocks = peer->DeliverFiltered(&deliver_context);
  ASSERT_TRUE(blocks->Write(seek(1, 2)));

  auto broadcast = orderer->Broadcast(&broadcast_context);
  const auto made = make_transaction("mychannel", "nothing", Sets().write("nothing", "k", "v"),
                                     user(), {&org(0).nodes.front()});
  ::common::Envelope envelope;
  ASSERT_TRUE(envelope.ParseFromString(made.envelope));
  ::orderer::BroadcastResponse answer;
  ASSERT_TRUE(broadcast->Write(envelope));
  ASSERT_TRUE(broadcast->Read(&answer));
  EXPECT_EQ(answer.status(), ::common::SUCCESS) << answer.info();

  ::protos::DeliverResponse got;
  ASSERT_TRUE(blocks->Read(&got));
  ASSERT_EQ(got.filtered_block().filtered_transactions_size(), 1);
  EXPECT_EQ(got.filtered_block().filtered_transactions(0).txid(), made.id);
  EXPECT_EQ(got.filtered_block().filtered_transactions(0).tx_validation_code(),
            ::protos::INVALID_CHAINCODE);
  ASSERT_TRUE(broadcast->Write(envelope));
  ASSERT_TRUE(broadcast->Read(&answer));
  ASSERT_TRUE(blocks->Read(&got));
  EXPECT_EQ(got.filtered_block().number(), 2u);
  ASSERT_TRUE(blocks->Read(&got));
  EXPECT_EQ(got.status(), ::common::SUCCESS);

  // The orderer's own copy has no codes.
  grpc::ClientContext ordered_context;
  auto ordered = orderer->Deliver(&ordered_context);
  ASSERT_TRUE(ordered->Write(seek(1, 1)));
  ::orderer::DeliverResponse block;
  ASSERT_TRUE(ordered->Read(&block));
  EXPECT_EQ(block.block().header().number(), 1u);
  EXPECT_EQ(block.block().metadata().metadata_size(), 5);
  EXPECT_TRUE(block.block().metadata().metadata(2).empty());
  broadcast->WritesDone();
  EXPECT_TRUE(broadcast->Finish().ok());
}

TEST_F(NetworkTest, KeepsItsIdentitiesAndLedgersOverARestart) {
  start();
  const std::string certificate = org(1).admin().signing.certificate;
  const auto info = network_->channels().find("mychannel")->ledger().info();
  start();
  EXPECT_EQ(org(1).admin().signing.certificate, certificate);
  EXPECT_EQ(network_->channels().find("mychannel")->ledger().info().current, info.current);
  EXPECT_EQ(network_->peers().front()->channels(), std::vector<std::string>{"mychannel"});
}

TEST_F(NetworkTest, TheOrderersAdministratorShowsACertificate) {
  start();
  const auto& orderer = network_->material().orderer;
  const std::string folder =
      std::filesystem::temp_directory_path() / fmt::format("belfry-admin-{}", ::getpid());
  std::filesystem::create_directories(folder);
  const auto file = [&](const std::string& name, const std::string& text) {
    EXPECT_TRUE(replace_whole(posix_files(), folder + "/" + name, text));
    return folder + "/" + name;
  };
  http::Client::Options options{.allow_private_networks = true,
                                .authorities = file("ca", orderer.tls_ca.certificate)};
  const http::Request request{.url = "https://" + network_->participation_address() +
                                     "/participation/v1/channels"};
  EXPECT_EQ(http::Client::create(options)->send(request).status, 0) << "anonymous";
  options.certificate = file("certificate", orderer.admin().tls.certificate);
  options.key = file("key", orderer.admin().tls.key);
  EXPECT_EQ(http::Client::create(options)->send(request).status, 200);
  std::filesystem::remove_all(folder);
}

TEST_F(NetworkTest, AChannelIsJoinedOverRest) {
  auto settings = free_ports();
  settings.plain_participation = true;
  start(std::move(settings));
  auto client = http::Client::create({.allow_private_networks = true});
  const std::string url =
      "http://" + network_->participation_address() + "/participation/v1/channels";
  const auto send = [&](const std::string& method, const std::string& path,
                        const std::string& body = {}) {
    http::Request request{.method = method, .url = url + path, .body = body};
    if (!body.empty())
      request.headers.push_back({"Content-Type", "multipart/form-data; boundary=xyz"});
    return client->send(std::move(request));
  };
  const std::string genesis =
      make_genesis(network_->material(), "second", {}, {.orderer_host = "localhost"},
                   system_clock().now(), secure_random());
  const std::string form =
      "--xyz\r\nContent-Disposition: form-data; name=\"config-block\"; filename=\"b\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n" +
      genesis + "\r\n--xyz--\r\n";
  const auto joined = send("POST", "", form);
  EXPECT_EQ(joined.status, 201) << joined.body;
  EXPECT_EQ(joined.body,
            "{\"name\":\"second\",\"url\":\"/participation/v1/channels/second\","
            "\"consensusRelation\":\"consenter\",\"status\":\"active\",\"height\":1}\n");
  EXPECT_EQ(send("POST", "", form).status, 405);
  EXPECT_EQ(send("POST", "", "--xyz\r\n\r\nnothing\r\n--xyz--\r\n").status, 400);
  EXPECT_EQ(send("GET", "").body,
            "{\"systemChannel\":null,\"channels\":[{\"name\":\"mychannel\",\"url\":"
            "\"/participation/v1/channels/mychannel\"},{\"name\":\"second\",\"url\":"
            "\"/participation/v1/channels/second\"}]}\n");
  EXPECT_EQ(send("DELETE", "/second").status, 204);
  EXPECT_EQ(send("GET", "/second").body, "{\"error\":\"channel does not exist\"}\n");
  EXPECT_EQ(send("POST", "", form).status, 201) << "and it can be joined anew";
}

TEST_F(NetworkTest, ProfilesAreReadable) {
  start();
  for (const std::string& text :
       {connection_profile(*network_, "Org1MSP"), connection_profile_yaml(*network_, "Org1MSP")}) {
    auto profile = msp::parse_profile(files_, "profile", text);
    ASSERT_TRUE(profile) << profile.error().message << "\n" << text;
    ASSERT_EQ(profile->peers.size(), 1u);
    EXPECT_EQ(profile->peers[0].address,
              "localhost:" + network_->peer_address(*network_->peers()[0]).substr(10));
  }
}

TEST_F(NetworkTest, ATakenPortIsNamed) {
  start();
  NetworkSettings second = free_ports();
  second.folder = "other";
  second.orderer_port = static_cast<uint16_t>(std::stoi(network_->orderer_address().substr(10)));
  auto started = Network::start(second, files_, system_clock(), nullptr);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find(network_->orderer_address()), std::string::npos);
}

}  // namespace
}  // namespace belfry::devnet

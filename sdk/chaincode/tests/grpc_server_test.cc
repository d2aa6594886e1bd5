// Chaincode over real gRPC: as a service to which a peer connects, and as a client of a peer.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>

#include "belfry/chaincode/serve.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_shim.grpc.pb.h"
#include "peer/proposal_response.pb.h"
#include "probe.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

ChaincodeMessage transaction(const std::vector<std::string>& arguments) {
  protos::ChaincodeInput input;
  for (const auto& argument : arguments) input.add_args(argument);
  ChaincodeMessage out;
  out.set_type(ChaincodeMessage::TRANSACTION);
  out.set_txid("tx1");
  out.set_channel_id("mychannel");
  out.set_payload(input.SerializeAsString());
  return out;
}

// A peer's side of a stream, which answers the one read that the probe makes.
template <class Stream>
void converse(Stream& stream) {
  ChaincodeMessage message;
  ASSERT_TRUE(stream.Read(&message));
  EXPECT_EQ(message.type(), ChaincodeMessage::REGISTER);
  message.Clear();
  message.set_type(ChaincodeMessage::READY);
  ASSERT_TRUE(stream.Write(message));
  ASSERT_TRUE(stream.Write(transaction({"get", "k"})));
  ASSERT_TRUE(stream.Read(&message));
  EXPECT_EQ(message.type(), ChaincodeMessage::GET_STATE);
  message.set_type(ChaincodeMessage::RESPONSE);
  message.set_payload(std::string(5 << 20, 'v'));  // more than gRPC takes by itself
  ASSERT_TRUE(stream.Write(message));
  ASSERT_TRUE(stream.Read(&message));
  EXPECT_EQ(message.type(), ChaincodeMessage::COMPLETED);
  protos::Response response;
  ASSERT_TRUE(response.ParseFromString(message.payload()));
  EXPECT_EQ(response.payload().size(), 5U << 20);
}

TEST(ServerTest, PeersConnect) {
  auto server = Server::start(probe(), {.address = "127.0.0.1:0", .id = "probe:1"});
  ASSERT_TRUE(server) << server.error().message;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string((*server)->port()),
                                                 grpc::InsecureChannelCredentials(), arguments);
  const auto stub = protos::Chaincode::NewStub(channel);
  for (int peer = 0; peer < 2; ++peer) {
    grpc::ClientContext context;
    const auto stream = stub->Connect(&context);
    converse(*stream);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
  // A stream that is open, with a transaction in it, does not keep the server from stopping.
  grpc::ClientContext context;
  const auto stream = stub->Connect(&context);
  ChaincodeMessage message;
  ASSERT_TRUE(stream->Read(&message));
  ASSERT_TRUE(stream->Write(transaction({"get", "k"})));
  ASSERT_TRUE(stream->Read(&message));
  server = Error{"stopped"};
  EXPECT_FALSE(stream->Finish().ok());
}

TEST(ServerTest, AnAddressThatIsTakenIsAnError) {
  auto first = Server::start(probe(), {.address = "127.0.0.1:0", .id = "probe:1"});
  ASSERT_TRUE(first);
  const auto second = Server::start(
      probe(), {.address = "127.0.0.1:" + std::to_string((*first)->port()), .id = "probe:1"});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, ::testing::HasSubstr("cannot serve on 127.0.0.1:"));
}

class DevelopmentPeer final : public protos::ChaincodeSupport::Service {
  grpc::Status Register(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<ChaincodeMessage, ChaincodeMessage>* stream) override {
    converse(*stream);
    return {grpc::StatusCode::UNAVAILABLE, "enough"};
  }
};

TEST(DialTest, ServesAPeerUntilItEndsTheStream) {
  DevelopmentPeer peer;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&peer);
  const auto server = builder.BuildAndStart();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(dial(probe(), {.address = address, .id = "probe:1"}).message,
            "the peer at " + address + " ended the stream: enough");
}

}  // namespace
}  // namespace belfry::chaincode

// A chaincode that asks and asks and never reads what it is told.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "devnet/endorsing_harness.h"
#include "peer/chaincode_shim.grpc.pb.h"

namespace belfry::devnet {
namespace {

TEST(ChaincodeFlood, IsNotReadOnAndKeepsNobodyElseFromWorking) {
  EndorsingHarness harness;
  ASSERT_NO_FATAL_FAILURE(harness.start());
  const auto stub = ::protos::ChaincodeSupport::NewStub(grpc::CreateChannel(
      harness.endorsing->chaincode_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  const auto stream = stub->Register(&context);
  ::protos::ChaincodeID id;
  id.set_name("flood:1");
  ::protos::ChaincodeMessage message;
  message.set_type(::protos::ChaincodeMessage::REGISTER);
  message.set_payload(id.SerializeAsString());
  ASSERT_TRUE(stream->Write(message));

  // Their answers name the transaction: far more than the buffers on the way hold.
  constexpr int kMany = 20'000;
  std::atomic<int> written{0};
  std::thread flood([&] {
    message.set_type(::protos::ChaincodeMessage::GET_STATE);
    message.set_txid(std::string(16 << 10, 'x'));
    message.set_channel_id("mychannel");
    message.clear_payload();
    while (written < kMany && stream->Write(message)) ++written;
  });
  const auto& user = harness.who("User1@org1");
  for (int i = 0; i < 10; ++i) {
    const auto asked =
        make_proposal("mychannel", "ngo", {"get", "k"}, user, system_clock(), secure_random());
    const auto answer = harness.process("peer0.org1", asked.signed_proposal);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ((*answer)->response().status(), 200) << (*answer)->response().message();
  }
  flood.join();
  EXPECT_LT(written, kMany) << "whoever does not read is not read";
  context.TryCancel();
  (void)stream->Finish();
}

}  // namespace
}  // namespace belfry::devnet

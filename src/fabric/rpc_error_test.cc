#include "fabric/rpc_error.h"

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "gateway/gateway.pb.h"

namespace belfry::fabric {
namespace {

using ::testing::HasSubstr;

std::string field(int number, const std::string& bytes) {  // shorter than 16 KiB
  std::string out(1, static_cast<char>(number << 3 | 2));
  if (bytes.size() > 127) out += static_cast<char>((bytes.size() & 0x7F) | 0x80);
  out += static_cast<char>(bytes.size() > 127 ? bytes.size() >> 7 : bytes.size());
  return out + bytes;
}

// google.rpc.Status with these details.
std::string status_of(const std::vector<ErrorDetail>& details) {
  std::string out = field(2, "message");
  for (const ErrorDetail& it : details) {
    gateway::ErrorDetail detail;
    detail.set_address(it.address);
    detail.set_msp_id(it.msp_id);
    detail.set_message(it.message);
    out += field(3, field(1, "type.googleapis.com/gateway.ErrorDetail") +
                        field(2, detail.SerializeAsString()));
  }
  return out;
}

RpcError error_of(grpc::StatusCode code, const std::string& message,
                  const std::vector<ErrorDetail>& details = {}) {
  PeerAddress peer;
  peer.address = "peer0:7051";
  return rpc_error(grpc::Status(code, message, details.empty() ? "" : status_of(details)), peer,
                   {});
}

TEST(RpcError, JoinsTheGatewaysDetails) {
  const RpcError error =
      error_of(grpc::ABORTED, "failed to endorse transaction, see attached details for more info",
               {{"peer0:7051", "Org1MSP", "chaincode response 500, went wrong"},
                {"peer1:8051", "Org1MSP", "chaincode response 500, went wrong"},
                {"peer0:9051", "Org2MSP", "chaincode response 500, otherwise"}});
  EXPECT_EQ(error.kind, RpcError::Kind::refused);
  EXPECT_EQ(error.message,
            "failed to endorse transaction: chaincode response 500, went wrong (peer0:7051 of "
            "Org1MSP, peer1:8051 of Org1MSP): chaincode response 500, otherwise (peer0:9051 of "
            "Org2MSP)");
}

TEST(RpcError, SaysOnceWhatTheMessageSaysAlready) {
  EXPECT_EQ(error_of(grpc::UNKNOWN,
                     "evaluate call to endorser returned error: chaincode response 500, no",
                     {{"peer0:7051", "Org1MSP", "chaincode response 500, no"}})
                .message,
            "evaluate call to endorser returned error: chaincode response 500, no (peer0:7051 of "
            "Org1MSP)");
}

TEST(RpcError, TellsWhoCannotBeReachedFromWhoRefuses) {
  EXPECT_EQ(
      error_of(grpc::UNAVAILABLE, "failed to connect to all addresses; Connection refused").kind,
      RpcError::Kind::unreachable);
  const RpcError gateway =
      error_of(grpc::UNAVAILABLE,
               "failed to get config for channel [x]: could not get last config for channel x");
  EXPECT_EQ(gateway.kind, RpcError::Kind::refused);
  EXPECT_THAT(gateway.message, HasSubstr("could not get last config for channel x"));
  EXPECT_EQ(error_of(grpc::UNIMPLEMENTED, "unknown service gateway.Gateway").kind,
            RpcError::Kind::unsupported);
  EXPECT_EQ(error_of(grpc::DEADLINE_EXCEEDED, "Deadline Exceeded").kind,
            RpcError::Kind::unreachable);
}

TEST(RpcError, PassesOverDamagedDetails) {
  EXPECT_TRUE(parse_error_details("\xff\xff").empty());
  EXPECT_TRUE(parse_error_details(field(3, field(1, "type.googleapis.com/other"))).empty());
}

}  // namespace
}  // namespace belfry::fabric

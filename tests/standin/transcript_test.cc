// The stand-in peer is held to what real peers answered: the recorded cases of Deliver
// (tests/data/transcripts), asked of it one by one. Each case says what differs from a well-formed
// request.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/hash.h"
#include "common/common.pb.h"
#include "fabric/peer_response.h"
#include "msp/certificate.h"
#include "orderer/ab.pb.h"
#include "peer/events.grpc.pb.h"
#include "standin/network.h"
#include "support/xz.h"

namespace belfry::tests {
namespace {

using fabric::DeliverCall;
using fabric::StreamKind;
using Json = simdjson::dom::element;
using namespace std::chrono_literals;

constexpr uint64_t kHeight = 12;

class TranscriptTest : public ::testing::Test {
 protected:
  static std::string text(const Json& request, const char* key, const char* otherwise) {
    std::string_view value;
    return request[key].get(value) == simdjson::SUCCESS ? std::string(value)
                                                        : std::string(otherwise);
  }
  static bool has(const Json& request, const char* key) {
    return request[key].error() == simdjson::SUCCESS;
  }
  // "height+1", "max" or a number.
  static uint64_t number(const Json& value) {
    int64_t plain = 0;
    if (value.get(plain) == simdjson::SUCCESS) return static_cast<uint64_t>(plain);
    const std::string words(std::string_view{value});
    if (words == "max") return UINT64_MAX;
    EXPECT_EQ(words.rfind("height", 0), 0U) << words;
    return words == "height" ? kHeight
                             : kHeight + static_cast<uint64_t>(std::stoll(words.substr(6)));
  }
  static void position(const Json& request, const char* key, orderer::SeekInfo& info) {
    if (!has(request, key)) return;
    auto* at = std::string(key) == "start" ? info.mutable_start() : info.mutable_stop();
    const std::string words = text(request, key, "");
    if (words == "oldest") {
      at->mutable_oldest();
    } else if (words == "newest") {
      at->mutable_newest();
    } else if (words == "next") {
      at->mutable_next_commit();
    } else if (words != "none") {
      at->mutable_specified()->set_number(number(Json(request[key])));
    }
  }

  msp::SigningIdentity creator(const std::string& who) {
    const bool second = who.rfind("User1@org2", 0) == 0, third = who.rfind("User1@org3", 0) == 0;
    const Credential& credential = second ? user2 : third ? user3 : network.user;
    const std::string msp_id = second || who.rfind("Org2MSP with", 0) == 0 ? "Org2MSP"
                               : third                                     ? "Org3MSP"
                                                                           : "Org1MSP";
    return *msp::identity_from_pem(msp_id, credential.certificate, credential.key);
  }

  std::string message(const Json& request, const std::string& tls_cert_hash) {
    if (has(request, "message")) return "\xff\xff";
    if (has(request, "envelope")) return "";
    const auto identity = creator(text(request, "creator", "User1@org1"));
    common::ChannelHeader channel;
    int64_t type = common::DELIVER_SEEK_INFO;
    if (has(request, "header_type")) type = request["header_type"];
    channel.set_type(static_cast<int>(type));
    channel.set_channel_id(text(request, "channel", "mychannel"));
    auto now =
        std::chrono::duration_cast<std::chrono::seconds>(network.clock.now().time_since_epoch());
    if (has(request, "timestamp"))
      now += std::chrono::minutes(
          std::stoi(text(request, "timestamp", "").substr(4)));  // "now -20 min"
    channel.mutable_timestamp()->set_seconds(now.count());
    const std::string hash = text(request, "tls_cert_hash", "");
    channel.set_tls_cert_hash(hash == "32 zero bytes" ? std::string(32, '\0') : tls_cert_hash);
    common::SignatureHeader signer;
    signer.set_nonce("a nonce");
    if (text(request, "creator", "?") != "") signer.set_creator(identity.serialized());
    orderer::SeekInfo info;
    position(request, "start", info);
    position(request, "stop", info);
    if (!has(request, "start") && !has(request, "stop") && !has(request, "behavior")) {
      info.mutable_start()->mutable_oldest();  // a case about something else
      info.mutable_stop()->mutable_newest();
    }
    if (text(request, "behavior", "") == "FAIL_IF_NOT_READY")
      info.set_behavior(orderer::SeekInfo::FAIL_IF_NOT_READY);
    common::Payload payload;
    payload.mutable_header()->set_channel_header(channel.SerializeAsString());
    payload.mutable_header()->set_signature_header(signer.SerializeAsString());
    payload.set_data(has(request, "data") && text(request, "data", "") != "" ? "\xff\xff"
                     : has(request, "data")                                  ? ""
                                            : info.SerializeAsString());
    common::Envelope envelope;
    envelope.set_payload(payload.SerializeAsString());
    if (text(request, "payload", "").rfind("ffff", 0) == 0) envelope.set_payload("\xff\xff");
    if (text(request, "payload", "") == "Payload{data}") {
      payload.clear_header();
      envelope.set_payload(payload.SerializeAsString());
    }
    std::string signature = identity.sign(envelope.payload());
    const std::string spoilt = text(request, "signature", "over it");
    if (spoilt == "") signature.clear();
    if (spoilt == "well formed, over other bytes") signature = identity.sign("other bytes");
    if (spoilt == "valid, S above half the order") signature = flip_s(signature);
    if (spoilt == "User1@org2's") signature = creator("User1@org2").sign(envelope.payload());
    envelope.set_signature(signature);
    return envelope.SerializeAsString();
  }

  static StreamKind kind(const Json& request) {
    const std::string service = text(request, "service", "");
    return service == "protos.Deliver/DeliverFiltered"          ? StreamKind::filtered
           : service == "protos.Deliver/DeliverWithPrivateData" ? StreamKind::private_data
                                                                : StreamKind::full;
  }

  void replay(const Json& one, const fabric::PeerConnection& connection, Chain& chain) {
    const Json request = one["request"], response = one["response"];
    const auto call =
        connection.deliver(kind(request), message(request, connection.tls_cert_hash()));
    std::optional<uint64_t> every_from;  // after "and so on": blocks up to the next named one
    if (has(request, "then")) {
      while (!chain.awaited()) ASSERT_EQ(call->read(20ms, {}), DeliverCall::Got::nothing);
      chain.append(ngo_ledger().common_block(chain.height()));
    }
    uint64_t due = 0;
    for (const Json frame : response["frames"]) {
      if (has(frame, "and_so_on")) {
        every_from = due;
        continue;
      }
      for (bool again = true; again;) {
        again = false;
        ASSERT_EQ(call->read(120s, {}), DeliverCall::Got::message);
        const auto got = fabric::parse_deliver_response(*call->message());
        ASSERT_TRUE(got.has_value());
        if (has(frame, "status")) {
          EXPECT_EQ(got->status, int64_t(frame["status_number"]));
          continue;
        }
        const auto block = fabric::block_in(call->message(), *got);
        ASSERT_TRUE(block.has_value());
        const Json named = has(frame, "block") ? frame["block"] : frame["filtered_block"];
        EXPECT_EQ(block->filtered, !has(frame, "block"));
        if (every_from && block->number < number(named)) {
          EXPECT_EQ(block->number, due);
          again = true;
        } else {
          EXPECT_EQ(block->number, number(named));
          every_from.reset();
        }
        due = block->number + 1;
      }
    }
    const std::string end = text(response, "end", "an error");
    if (end == "open") {
      EXPECT_EQ(call->read(20ms, {}), DeliverCall::Got::nothing);
      return;
    }
    ASSERT_EQ(call->read(120s, {}), DeliverCall::Got::end);
    EXPECT_EQ(call->status().error_code(),
              end == "an error" ? static_cast<int>(int64_t(response["end"]["grpc_code"]))
                                : grpc::StatusCode::OK);
  }

  Network network;
  CertificateAuthority ca2{{.common_name = "ca.org2.example.com"}},
      ca3{{.common_name = "ca.org3.example.com"}};
  Credential user2 = ca2.issue({.common_name = "User1@org2"}),
             user3 = ca3.issue({.common_name = "User1@org3"});
};

TEST_F(TranscriptTest, EveryRecordedCaseOfDeliver) {
  const std::string recorded = read_data("transcripts/deliver.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  StandinOptions options = network.standin();
  options.members.push_back({"Org2MSP", ca2.certificate()});
  StandinOptions strict = options;
  strict.client_ca = network.tls_ca.certificate();
  const Credential client = network.tls_ca.issue({.common_name = "client"});

  int replayed = 0;
  for (const Json one : transcript["cases"]) {
    const std::string name(std::string_view{one["name"]});
    // Not here: the orderer's service, peers that go away (PeerSourceTest), a second seek (below),
    // and particular blocks.
    if (name.rfind("orderer:", 0) == 0 || has(one["request"], "target") ||
        has(one["request"], "sends") || has(one["request"], "blocks"))
      continue;
    SCOPED_TRACE(name);
    auto chain = std::make_shared<Chain>(ngo_ledger(), kHeight);
    const bool mutual = name.rfind("mutual TLS", 0) == 0;
    StandinPeer peer(mutual ? strict : options, chain);
    auto address = network.at(peer.address());
    if (mutual) address.client_tls = Network::shows(client.certificate, client.key);
    replay(one, *fabric::PeerConnection::make(address, {}), *chain);
    ++replayed;
  }
  EXPECT_EQ(replayed, 56);
}

TEST_F(TranscriptTest, AfterSuccessAnotherSeekMayFollowOnTheSameStream) {
  auto peer = network.peer(std::make_shared<Chain>(ngo_ledger(), kHeight));
  simdjson::dom::parser parser;
  const auto ask = [&](const char* json) {
    common::Envelope envelope;
    EXPECT_TRUE(envelope.ParseFromString(message(parser.parse(json, strlen(json)), "")));
    return envelope;
  };
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = network.tls_ca.certificate();
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(kPeerName);
  const auto stub = protos::Deliver::NewStub(
      grpc::CreateCustomChannel(peer->address(), grpc::SslCredentials(tls), arguments));
  grpc::ClientContext context;
  const auto stream = stub->Deliver(&context);
  stream->Write(ask(R"({"start": 1, "stop": 2})"));
  stream->Write(ask(R"({"start": 3, "stop": 3})"));  // at once: served after the first
  protos::DeliverResponse got;
  for (const uint64_t block : {1, 2}) {
    ASSERT_TRUE(stream->Read(&got));
    EXPECT_EQ(got.block().header().number(), block);
  }
  ASSERT_TRUE(stream->Read(&got));
  EXPECT_EQ(got.status(), common::SUCCESS);
  ASSERT_TRUE(stream->Read(&got));
  EXPECT_EQ(got.block().header().number(), 3U);
  ASSERT_TRUE(stream->Read(&got));
  stream->Write(ask(R"({"start": 1, "stop": 1, "channel": "nochannel"})"));
  ASSERT_TRUE(stream->Read(&got));
  EXPECT_EQ(got.status(), common::NOT_FOUND);
  EXPECT_FALSE(stream->Read(&got));
  EXPECT_TRUE(stream->Finish().ok());
}

}  // namespace
}  // namespace belfry::tests

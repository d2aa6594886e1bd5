// What a peer's Deliver services make of blocks whose transactions do not decode, and of
// certificates that end while a stream is open; as recorded.
#include "devnet/transcript_harness.h"

namespace belfry::devnet {
namespace {

class OddBlockTest : public TranscriptTest {
 protected:
  // A transaction with a good id, but with this type and data.
  MadeTransaction odd(int type, const std::string& data) {
    const auto& user = *org(0).users[1].identity;
    ::common::SignatureHeader signer;
    signer.set_creator(user.serialized());
    signer.set_nonce(make_nonce(secure_random()));
    ::common::ChannelHeader header;
    header.set_type(type);
    header.set_channel_id("mychannel");
    header.set_tx_id(hex(view(sha256(signer.nonce() + signer.creator()))));
    ::common::Payload payload;
    payload.mutable_header()->set_channel_header(header.SerializeAsString());
    payload.mutable_header()->set_signature_header(signer.SerializeAsString());
    payload.set_data(data);
    ::common::Envelope envelope;
    envelope.set_payload(payload.SerializeAsString());
    envelope.set_signature(user.sign(envelope.payload()));
    return {header.tx_id(), envelope.SerializeAsString()};
  }

  void check(const Json& frame, const ::protos::DeliverResponse& got, uint64_t base) {
    if (has(frame, "status")) {
      EXPECT_EQ(got.status(), int64_t(frame["status_number"]));
    } else if (has(frame, "block")) {
      EXPECT_EQ(got.block().header().number(), number(Json(frame["block"]), base));
      if (has(frame, "codes")) {
        EXPECT_EQ(static_cast<uint8_t>(got.block().metadata().metadata(2)[0]),
                  int64_t(frame["codes"].at(0)));
      }
    } else if (has(frame, "filtered_block")) {
      EXPECT_EQ(got.filtered_block().number(), number(Json(frame["filtered_block"]), base));
      if (!has(frame, "filtered_transactions")) return;
      const Json expected = frame["filtered_transactions"].at(0);
      ASSERT_EQ(got.filtered_block().filtered_transactions_size(), 1);
      const auto& transaction = got.filtered_block().filtered_transactions(0);
      EXPECT_EQ(transaction.type(), int64_t(expected["type"]));
      EXPECT_EQ(transaction.tx_validation_code(), int64_t(expected["tx_validation_code"]));
      int64_t actions = 0;
      if (expected["actions"].get(actions) == simdjson::SUCCESS) {
        EXPECT_EQ(transaction.transaction_actions().chaincode_actions_size(), actions);
      } else {
        EXPECT_FALSE(transaction.has_transaction_actions());
      }
    } else {
      EXPECT_EQ(got.block_and_private_data().block().header().number(),
                number(Json(frame["block_and_private_data"]), base));
    }
  }
};

TEST_F(OddBlockTest, UndecodableTransactionsAsRecorded) {
  const std::string recorded = tests::read_data("transcripts/undecodable.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  start();
  define_ngo();
  const uint64_t base = height();
  const auto event = [&](const std::string& name) {
    return submit_to(channel(), make("ngo", Sets().write("ngo", name, "v"), name));
  };
  ASSERT_EQ(event("before"), ledger::code::kValid);
  ASSERT_EQ(submit_to(channel(), odd(3, "data")), ledger::code::kInvalidEndorserTransaction);
  ASSERT_EQ(submit_to(channel(), odd(99, "data")), ledger::code::kBadCommonHeader);
  ASSERT_EQ(event("after"), ledger::code::kValid);
  int replayed = 0;
  for (const Json one : transcript["cases"]) {
    const Json request = one["request"];
    const std::string method = text(request, "method", "");
    if (!method.starts_with("protos.Deliver/")) continue;
    SCOPED_TRACE(text(one, "name", ""));
    RawStream stream(connect(method), method);
    stream.write(seek_message(request, base));
    for (const Json frame : one["response"]["frames"]) {
      std::string bytes;
      ::protos::DeliverResponse got;
      ASSERT_TRUE(stream.read(bytes));
      ASSERT_TRUE(got.ParseFromString(bytes));
      check(frame, got, base);
    }
    expect_end(stream, one["response"]);
    ++replayed;
  }
  EXPECT_EQ(replayed, 11);
}

TEST_F(OddBlockTest, CertificatesThatEndAsRecorded) {
  const std::string recorded = tests::read_data("transcripts/expiry.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  start();
  define_ngo();
  using namespace std::chrono_literals;
  const WallTime now = clock_.now();
  const auto identity_until = [&](WallTime until) {
    auto pair = issue(org(0), "User9@org1.example.com", "client", now - 2min, until);
    return *msp::identity_from_pem("Org1MSP", pair->certificate, pair->key);
  };
  const auto seek_by = [&](const msp::SigningIdentity& who, uint64_t from, uint64_t to) {
    ::orderer::SeekInfo info;
    info.mutable_start()->mutable_specified()->set_number(from);
    info.mutable_stop()->mutable_specified()->set_number(to);
    return signed_envelope(::common::DELIVER_SEEK_INFO, "mychannel", info.SerializeAsString(), who,
                           clock_.now(), secure_random());
  };
  // Certificates know whole seconds.
  const auto alice = identity_until(std::chrono::ceil<std::chrono::seconds>(now) + 9s);
  const auto expired = identity_until(now - 1min);
  const uint64_t base = height();
  std::vector<std::pair<Json, std::unique_ptr<RawStream>>> open;
  for (const Json one : transcript["cases"]) {
    const std::string method = text(one["request"], "method", "");
    if (method.starts_with("gateway.")) continue;
    const bool gone = text(one["request"], "creator", "").find("ago") != std::string::npos;
    auto stream = std::make_unique<RawStream>(connect(method), method);
    stream->write(gone ? seek_by(expired, base - 1, base - 1) : seek_by(alice, base, UINT64_MAX));
    open.emplace_back(one["response"], std::move(stream));
  }
  ASSERT_EQ(open.size(), 4u);
  const auto read_frame = [&](size_t i, size_t frame) {
    std::string bytes;
    ::protos::DeliverResponse got;
    ASSERT_TRUE(open[i].second->read(bytes));
    ASSERT_TRUE(got.ParseFromString(bytes));
    check(open[i].first["frames"].at(frame), got, base);
  };
  clock_.advance(3s);
  commit_block();
  for (size_t i = 0; i < 3; ++i) read_frame(i, 0);
  read_frame(3, 0);
  clock_.advance(9s);
  commit_block();
  for (size_t i = 0; i < 3; ++i) read_frame(i, 1);
  for (auto& [response, stream] : open) expect_end(*stream, response);
}

}  // namespace
}  // namespace belfry::devnet

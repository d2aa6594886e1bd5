// Every recorded case of Broadcast, asked of the devnet.
#include "common/configtx.pb.h"
#include "devnet/transcript_harness.h"

namespace belfry::devnet {
namespace {

class OrdererTranscriptTest : public TranscriptTest {
 protected:
  // An update of the configuration as a case describes it.
  std::string config_update(const std::string& words) {
    ::common::ConfigUpdate update;
    update.set_channel_id("mychannel");
    update.mutable_read_set();
    update.mutable_write_set();
    if (words.starts_with("Channel/Orderer/BatchSize")) {
      auto& value = (*(*update.mutable_write_set()->mutable_groups())["Orderer"]
                          .mutable_values())["BatchSize"];
      value.set_version(1);
      value.set_mod_policy("Admins");
      (*update.mutable_read_set()->mutable_groups())["Orderer"];
    }
    ::common::ConfigUpdateEnvelope envelope;
    envelope.set_config_update(update.SerializeAsString());
    return envelope.SerializeAsString();
  }

  std::string message(const Json& request) {
    if (has(request, "envelope")) return "";
    std::string data = text(request, "data", "\"data\"");
    if (data == "ffff") data = "\xff\xff";
    if (data.starts_with("10 MiB")) data.assign((10 << 20) - 4096, '\0');
    if (has(request, "config_update")) data = config_update(text(request, "config_update", ""));
    return envelope(request, data, ::common::ENDORSER_TRANSACTION, text(request, "tx_id", "an id"));
  }

  std::vector<std::string> messages(const std::string& name, const Json& request) {
    std::vector<std::string> all;
    if (has(request, "envelopes")) {
      for (std::string_view each : request["envelopes"]) {
        all.push_back(message(request));
        if (each == "bad signature") all.back().back() ^= 1;
      }
    } else {
      all.push_back(message(request));
      if (name == "the same envelope twice") all.push_back(all.front());
    }
    return all;
  }
};

TEST_F(OrdererTranscriptTest, EveryRecordedCaseOfBroadcast) {
  const std::string recorded = tests::read_data("transcripts/orderer.json.xz");
  simdjson::dom::parser parser;
  const Json transcript = parser.parse(recorded);
  start();
  const std::string method = "orderer.AtomicBroadcast/Broadcast";
  const auto connection = connect(method);
  int replayed = 0;
  for (const Json one : transcript["cases"]) {
    const std::string name = text(one, "name", "");
    SCOPED_TRACE(name);
    RawStream stream(connection, method);
    const auto sent = messages(name, one["request"]);
    size_t next = 0;
    bool refused = false;
    for (const Json answer : response_of(one)["answers"]) {
      ASSERT_LT(next, sent.size());
      stream.write(sent[next++]);
      std::string bytes;
      ::orderer::BroadcastResponse got;
      ASSERT_TRUE(stream.read(bytes));
      ASSERT_TRUE(got.ParseFromString(bytes));
      EXPECT_EQ(got.status(), int64_t(answer["status"]));
      EXPECT_EQ(got.info(), text(answer, "info", ""));
      refused = got.status() != ::common::SUCCESS;
    }
    // After a refusal the stream ends, whatever else comes.
    std::string bytes;
    if (refused) {
      EXPECT_FALSE(stream.read(bytes));
      EXPECT_TRUE(stream.finish().ok());
    } else {
      EXPECT_EQ(stream.end().error_code(), grpc::StatusCode::CANCELLED);
    }
    ++replayed;
  }
  EXPECT_EQ(replayed, 22);
}

}  // namespace
}  // namespace belfry::devnet

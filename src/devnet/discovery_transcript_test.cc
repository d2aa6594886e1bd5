// Real peers' answers to Discover (tests/data/transcripts/discovery.json), against ours: refusals
// to the word, organisations, chaincodes, layouts.
#include "devnet/discovery_service.h"

#include "devnet/endorsing_harness.h"
#include "devnet/transcript_json.h"
#include "discovery/protocol.pb.h"
#include "gossip/message.pb.h"
#include "peer/proposal_response.pb.h"
#include "support/xz.h"

namespace belfry::devnet {
namespace {

namespace dp = ::discovery;

class DiscoveryTranscript : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(harness_.start()); }

  static void add_interest(Json recorded, ::protos::ChaincodeInterest& out) {
    for (const Json one : recorded) {
      auto& call = *out.add_chaincodes();
      call.set_name(text(one, "name"));
      if (has(one, "collection_names"))
        for (const Json name : one["collection_names"])
          call.add_collection_names(std::string(std::string_view{name}));
      call.set_no_private_reads(has(one, "no_private_reads"));
      call.set_no_public_writes(has(one, "no_public_writes"));
    }
  }

  dp::SignedRequest request_for(Json recorded) {
    dp::Request request;
    const auto& client = harness_.who(text(recorded, "client"));
    if (!has(recorded, "authentication"))
      request.mutable_authentication()->set_client_identity(
          has(recorded, "client_identity") ? kGarbage : client.serialized());
    const auto kind = text(recorded, "query", "config_query");
    if (kind != "none") {
      auto& query = *request.add_queries();
      query.set_channel(text(recorded, "channel"));
      if (kind == "config_query") query.mutable_config_query();
      if (kind == "local_peers") query.mutable_local_peers();
      if (kind == "peer_query") {
        query.mutable_peer_query();
        if (has(recorded, "filter"))
          query.mutable_peer_query()->mutable_filter()->add_chaincodes()->set_name(
              text(recorded, "filter"));
      }
      if (kind == "cc_query of audit")
        query.mutable_cc_query()->add_interests()->add_chaincodes()->set_name("audit");
      if (kind == "cc_query")
        for (const Json one : recorded["interests"])
          add_interest(one, *query.mutable_cc_query()->add_interests());
    }
    dp::SignedRequest out;
    out.set_payload(has(recorded, "payload") ? kGarbage : request.SerializeAsString());
    if (!has(recorded, "signature")) out.set_signature(client.sign(out.payload()));
    return out;
  }

  static std::set<std::string> keys(Json object) {
    std::set<std::string> out;
    for (const auto& field : simdjson::dom::object(object)) out.emplace(field.key);
    return out;
  }
  template <class Map>
  static std::set<std::string> keys_of(const Map& map) {
    std::set<std::string> out;
    for (const auto& [key, value] : map) out.insert(key);
    return out;
  }

  static void compare_layouts(const std::string& name, Json expected,
                              const dp::EndorsementDescriptor& got) {
    EXPECT_EQ(got.chaincode(), text(expected, "chaincode")) << name;
    // Groups have no fixed names; their numbers and sizes are what can be compared.
    EXPECT_EQ(got.endorsers_by_groups().size(), keys(expected["endorsers_by_groups"]).size())
        << name;
    std::multiset<size_t> sizes, wanted;
    for (const auto& layout : got.layouts()) sizes.insert(layout.quantities_by_group().size());
    for (const Json layout : expected["layouts"])
      wanted.insert(keys(layout["quantities_by_group"]).size());
    EXPECT_EQ(sizes, wanted) << name;
  }

  void compare(const std::string& name, Json expected, const dp::QueryResult& got) {
    if (has(expected, "error")) {
      EXPECT_EQ(got.error().content(), text(expected["error"], "content")) << name;
    } else if (has(expected, "members")) {
      EXPECT_EQ(keys_of(got.members().peers_by_org()), keys(expected["members"]["peers_by_org"]))
          << name;
      for (const auto& [org, peers] : got.members().peers_by_org())
        for (const auto& peer : peers.peers()) check_peer(name, peer, name.starts_with("peers"));
    } else if (has(expected, "config_result")) {
      EXPECT_EQ(keys_of(got.config_result().msps()), keys(expected["config_result"]["msps"]));
      EXPECT_EQ(keys_of(got.config_result().orderers()),
                keys(expected["config_result"]["orderers"]));
    } else {
      compare_layouts(name, expected["cc_query_res"]["content"].at(0),
                      got.cc_query_res().content(0));
    }
  }

  static void check_peer(const std::string& name, const dp::Peer& peer, bool on_channel) {
    ::gossip::GossipMessage alive, state;
    ASSERT_TRUE(alive.ParseFromString(peer.membership_info().payload()));
    EXPECT_FALSE(alive.alive_msg().membership().endpoint().empty()) << name;
    EXPECT_EQ(alive.alive_msg().membership().pki_id().size(), 32u);
    EXPECT_EQ(peer.has_state_info(), on_channel) << name;
    if (!on_channel) return;
    ASSERT_TRUE(state.ParseFromString(peer.state_info().payload()));
    std::vector<std::string> chaincodes;
    for (const auto& one : state.state_info().properties().chaincodes())
      chaincodes.push_back(one.name() + " " + one.version());
    EXPECT_EQ(chaincodes, (std::vector<std::string>{"_lifecycle 1", "audit 1", "ngo 1"})) << name;
  }

  EndorsingHarness harness_;
};

TEST_F(DiscoveryTranscript, EveryCaseIsAnsweredAlike) {
  simdjson::dom::parser parser;
  const std::string recorded = tests::read_data("transcripts/discovery.json.xz");
  size_t compared = 0;
  for (const Json one : parser.parse(recorded)["cases"]) {
    const auto name = text(one, "name");
    const auto target = text(one["request"], "target", "peer0.org1");
    const Discovery discovery(harness_.network->context(), harness_.peer(target),
                              harness_.endorsing->peers());
    const auto answer = discovery.discover(request_for(one["request"]));
    const Json expected = answer_in(one);
    ++compared;
    if (has(expected, "error")) {
      ASSERT_FALSE(answer) << name;
      EXPECT_EQ(answer.error().message, text(expected["error"], "grpc_message")) << name;
      continue;
    }
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    int at = 0;
    for (const Json result : expected["results"]) compare(name, result, answer->results(at++));
    EXPECT_EQ(at, answer->results_size()) << name;
  }
  EXPECT_EQ(compared, 25u);
}

}  // namespace
}  // namespace belfry::devnet

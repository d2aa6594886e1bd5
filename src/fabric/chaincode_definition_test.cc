#include "fabric/chaincode_definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peer/collection.pb.h"

namespace belfry::fabric {
namespace {

using ::testing::HasSubstr;

std::string mistake(const std::string& text) {
  auto parsed = parse_collections(text);
  return parsed ? "" : parsed.error().message;
}

TEST(ChaincodeDefinition, CompletesWhatIsLeftEmptyAsPeersDo) {
  ChaincodeDefinition asked{"ngo", "1", 1, "", "", "", "", false};
  ChaincodeDefinition stored{"ngo", "1", 1, "escc", "vscc", "", "", false};
  stored.policy = *parse_endorsement_policy("/Channel/Application/Endorsement");
  EXPECT_TRUE(same_definition(asked, stored));
  stored.version = "2";
  EXPECT_FALSE(same_definition(asked, stored));
}

TEST(ChaincodeDefinition, ShowsPoliciesAsText) {
  EXPECT_EQ(endorsement_policy_text(""), "/Channel/Application/Endorsement");
  EXPECT_EQ(endorsement_policy_text(*parse_endorsement_policy("or('A.peer','B.peer')")),
            "OR('A.peer', 'B.peer')");
  EXPECT_EQ(endorsement_policy_text(*parse_endorsement_policy("/Channel/Application/Admins")),
            "/Channel/Application/Admins");
  EXPECT_EQ(endorsement_policy_text("\xff"), "a policy that does not decode");
  EXPECT_FALSE(parse_endorsement_policy("any of us"));
}

TEST(Collections, AreReadFromJsonAndYaml) {
  const auto json = parse_collections(
      R"json([{"name": "donors", "policy": "OR('A.member', 'B.member')", "requiredPeerCount": 1,
           "maxPeerCount": 3, "blockToLive": 100, "memberOnlyRead": true,
           "endorsementPolicy": {"channelConfigPolicy": "/Channel/Application/Endorsement"}}])json");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json, *parse_collections("- {name: donors, policy: \"OR('A.member','B.member')\", "
                                      "requiredPeerCount: 1, maxPeerCount: 3, blockToLive: 100, "
                                      "memberOnlyRead: true, endorsementPolicy: "
                                      "{channelConfigPolicy: /Channel/Application/Endorsement}}"));
  protos::CollectionConfigPackage package;
  ASSERT_TRUE(package.ParseFromString(*json));
  EXPECT_EQ(package.config(0).static_collection_config().maximum_peer_count(), 3);
  EXPECT_EQ(package.config(0).static_collection_config().block_to_live(), 100U);
  EXPECT_EQ(collection_names(*json), "donors");
}

TEST(Collections, MistakesAreNamed) {
  EXPECT_THAT(mistake("{}"), HasSubstr("is a list of collections"));
  EXPECT_THAT(mistake("- {policy: x}"), HasSubstr("has no name"));
  EXPECT_THAT(mistake("- {name: a, policy: x}"),
              HasSubstr("collection a: policy: a policy is AND"));
  EXPECT_THAT(mistake("- {name: a, polices: x}"), HasSubstr("polices: there is no such key"));
  EXPECT_THAT(mistake("- {name: a, policy: \"OR('A.peer')\", maxPeerCount: many}"),
              HasSubstr("maxPeerCount: the value is of the wrong kind"));
  EXPECT_THAT(mistake("- {name: a, policy: \"OR('A.peer')\", requiredPeerCount: 2}"),
              HasSubstr("less than requiredPeerCount"));
  EXPECT_THAT(
      mistake("- {name: a, policy: \"OR('A.peer')\"}\n- {name: a, policy: \"OR('A.peer')\"}"),
      HasSubstr("is there twice"));
  EXPECT_THAT(mistake("- [\n"), HasSubstr("line "));
}

}  // namespace
}  // namespace belfry::fabric

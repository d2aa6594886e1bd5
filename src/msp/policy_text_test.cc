#include "msp/policy_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "common/policies.pb.h"
#include "msp/msp_principal.pb.h"

namespace belfry::msp {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  auto parsed = parse_policy_text(text);
  return parsed ? "" : parsed.error().message;
}

std::string again(std::string_view text) {
  auto parsed = parse_policy_text(text);
  if (!parsed) return parsed.error().message;
  auto written = policy_text(*parsed);
  return written ? *written : written.error().message;
}

// Worked out by hand from the messages of fabric-protos: principals numbered as they come, N of M
// over them.
TEST(PolicyText, GivesFabricsBytes) {
  EXPECT_EQ(
      hex(parse_policy_text("OR('Org1MSP.peer','Org2MSP.peer')")->SerializeAsString()),
      "120c120a080112020800120208011a0d120b0a074f7267314d535010031a0d120b0a074f7267324d53501003");
}

TEST(PolicyText, NumbersInnerPrincipalsFirst) {
  const auto policy = *parse_policy_text("OR('A.member', AND('B.peer', 'C.admin'))");
  ASSERT_EQ(policy.identities_size(), 3);
  ::common::MSPRole first;
  ASSERT_TRUE(first.ParseFromString(policy.identities(0).principal()));
  EXPECT_EQ(first.msp_identifier(), "B");
  EXPECT_EQ(policy.rule().n_out_of().rules(0).signed_by(), 2);
}

TEST(PolicyText, ReadsEverySpelling) {
  EXPECT_EQ(again("and( 'A.peer' ,\"B.peer\" )"), "AND('A.peer', 'B.peer')");
  EXPECT_EQ(again("Or('A.b-c.d.client')"), "OR('A.b-c.d.client')");
  EXPECT_EQ(again("OutOf(2, 'A.peer', 'B.peer', 'C.orderer')"),
            "OutOf(2, 'A.peer', 'B.peer', 'C.orderer')");
  EXPECT_EQ(again("OUTOF('1', 'A.peer', 'B.peer')"), "OR('A.peer', 'B.peer')");
  EXPECT_EQ(again("OR('A.peer', AND('B.peer', OutOf(2, 'C.peer', 'D.peer', 'E.peer')))"),
            "OR('A.peer', AND('B.peer', OutOf(2, 'C.peer', 'D.peer', 'E.peer')))");
  EXPECT_EQ(again("OutOf(3, 'A.peer', 'B.peer')"), "OutOf(3, 'A.peer', 'B.peer')");
}

TEST(PolicyText, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(""), HasSubstr("a policy is AND(…), OR(…) or OutOf(n, …) (at character 1"));
  EXPECT_THAT(error_of("XOR('A.peer')"), HasSubstr("at character 1"));
  EXPECT_THAT(error_of("OR('Org1MSP.boss')"), HasSubstr("'Org1MSP.boss' is no principal"));
  EXPECT_THAT(error_of("OR('Org_1.peer')"), HasSubstr("is no principal"));
  EXPECT_THAT(error_of("OR('A.peer'"), HasSubstr("a ',' or a ')' should follow"));
  EXPECT_THAT(error_of("OR('A.peer)"), HasSubstr("does not end (at character 5"));
  EXPECT_THAT(error_of("OR('A.peer') x"), HasSubstr("should end here (at character 14"));
  EXPECT_THAT(error_of("OutOf(x, 'A.peer')"), HasSubstr("how many are needed"));
  EXPECT_THAT(error_of("OutOf(4, 'A.peer', 'B.peer')"), HasSubstr("4 of 2 can never be had"));
  EXPECT_THAT(error_of("OutOf(1)"), HasSubstr("at least one principal"));
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "OR(";
  EXPECT_THAT(error_of(deep), HasSubstr("nested too deep"));
}

TEST(PolicyText, HasNoWordsForUnits) {
  ::common::SignaturePolicyEnvelope policy = *parse_policy_text("OR('A.peer')");
  policy.mutable_identities(0)->set_principal_classification(
      ::common::MSPPrincipal::ORGANIZATION_UNIT);
  EXPECT_THAT(policy_text(policy).error().message, HasSubstr("by other means"));
  policy.clear_identities();
  EXPECT_THAT(policy_text(policy).error().message, HasSubstr("refers to principal 0"));
}

}  // namespace
}  // namespace belfry::msp

#include "fabric/creator_names.h"

#include <gtest/gtest.h>

#include "decode/transaction.h"
#include "support/ledger.h"

namespace belfry::fabric {
namespace {

std::string creator_of(size_t block) {
  const auto envelope = tests::ngo_ledger().parts(block).transactions.front();
  return std::string(decode::read_transaction(envelope).creator);
}

TEST(CreatorNames, AreTheCertificatesCommonNames) {
  CreatorNames names;
  EXPECT_EQ(names.name(creator_of(1)), "Admin@org1.example.com");
  EXPECT_EQ(names.name(creator_of(1)), "Admin@org1.example.com");
  EXPECT_EQ(names.name(creator_of(111)), "orderer.example.com");
  EXPECT_EQ(names.resolver()(creator_of(123)), "User1@org1.example.com");
}

TEST(CreatorNames, ThereIsNoneInGarbage) {
  CreatorNames names;
  EXPECT_EQ(names.name(""), "");
  EXPECT_EQ(names.name("\xFF\xFF"), "");
  std::string identity;
  tests::append_field(identity, 1, "Org1MSP");
  tests::append_field(identity, 2,
                      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(names.name(identity), "");
}

TEST(CreatorNames, OldOnesAreForgottenAndFoundAgain) {
  CreatorNames names(2);
  const auto kept = names.name(creator_of(1));
  std::string identity;
  tests::append_field(identity, 1, "other");
  EXPECT_EQ(names.name(identity), "");
  EXPECT_EQ(names.name(creator_of(111)), "orderer.example.com");
  EXPECT_EQ(names.name(creator_of(1)).data(), kept.data());  // moved on, not made again
  for (int i = 0; i < 10; ++i) {
    identity += std::string("\x1A\0", 2);  // an unknown field: another identity each time
    EXPECT_EQ(names.name(identity), "");
  }
  EXPECT_EQ(names.name(creator_of(1)), "Admin@org1.example.com");
}

}  // namespace
}  // namespace belfry::fabric

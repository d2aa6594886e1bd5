#include "event/event.h"

#include <gtest/gtest.h>

namespace belfry::event {
namespace {

const std::string kGenesis(64, 'a');

TEST(Position, AnIdIsReadBackAsItWasWritten) {
  const Position position{kGenesis, 18'446'744'073'709'551'615u, 4'294'967'295u, Kind::write, 7};
  const auto id = position.id();
  EXPECT_EQ(id, kGenesis + "/18446744073709551615/4294967295/write/7");
  const auto read = parse_id(id);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->genesis, kGenesis);
  EXPECT_EQ(read->id(), id);
  for (const auto kind : {Kind::block, Kind::transaction, Kind::chaincode_event, Kind::write})
    EXPECT_EQ(parse_id(Position{kGenesis, 1, 2, kind, 3}.id())->kind, kind);
}

TEST(Position, OnlyAnExactIdIsOne) {
  for (const std::string tail :
       {"", "/", "/1/2/write", "/1/2/write/", "/1/2/write/3/", "/1/2/write/3/4", "/01/2/write/3",
        "/1/2/writes/3", "/1/2/3/3", "/-1/2/write/3", "/+1/2/write/3", "/1/ 2/write/3",
        "/18446744073709551616/2/write/3", "/1/4294967296/write/3", "/1/2/write/3x"})
    EXPECT_FALSE(parse_id(kGenesis + tail)) << tail;
  EXPECT_FALSE(parse_id(std::string(63, 'a') + "/1/2/write/3"));
  EXPECT_FALSE(parse_id(std::string(64, 'A') + "/1/2/write/3"));
  EXPECT_TRUE(parse_id(kGenesis + "/0/0/block/0"));
}

TEST(Names, OfCodesAndTypes) {
  EXPECT_EQ(validation_name(0), "VALID");
  EXPECT_EQ(validation_name(11), "MVCC_READ_CONFLICT");
  EXPECT_EQ(validation_name(25), "INVALID_CHAINCODE");
  EXPECT_EQ(validation_name(26), "CODE_26");
  EXPECT_EQ(validation_name(254), "NOT_VALIDATED");
  EXPECT_EQ(validation_name(255), "INVALID_OTHER_REASON");
  EXPECT_EQ(header_type_name(3), "ENDORSER_TRANSACTION");
  EXPECT_EQ(header_type_name(-1), "TYPE_-1");
  EXPECT_EQ(header_type_name(99), "TYPE_99");
}

}  // namespace
}  // namespace belfry::event

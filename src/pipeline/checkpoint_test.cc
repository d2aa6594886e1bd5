#include "pipeline/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::pipeline {
namespace {

using testing::HasSubstr;

Checkpoint full() {
  Checkpoint checkpoint;
  checkpoint.channel = "mychannel";
  checkpoint.genesis = std::string(64, 'a');
  checkpoint.next = {128, 3, event::Kind::chaincode_event, 1};
  checkpoint.last_transaction_id = "7d1e";
  checkpoint.previous_block_hash = std::string(32, '\x01');
  checkpoint.acknowledged = {{129, 0, event::Kind::write, 7},
                             {130, 1, event::Kind::transaction, 0}};
  checkpoint.gaps = {{100, 2, 4, 3, 1'700'000'000, std::string(32, '\x02')}};
  checkpoint.epoch = 4;
  return checkpoint;
}

TEST(Checkpoint, ComesBackAsItWasStored) {
  for (const Checkpoint& checkpoint : {full(), Checkpoint{}}) {
    const auto decoded = decode_checkpoint(encode(checkpoint));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, checkpoint);
  }
}

// What stands on disks must stay readable.
TEST(Checkpoint, HasTheDocumentedForm) {
  EXPECT_EQ(
      encode(full()),
      R"({"version":1,"channel":"mychannel","genesis":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
      R"("next":{"block":128,"transaction":3,"kind":"chaincode-event","index":1},"last_transaction_id":"7d1e",)"
      R"("previous_block_hash":"0101010101010101010101010101010101010101010101010101010101010101",)"
      R"("acknowledged":[{"block":129,"transaction":0,"kind":"write","index":7},{"block":130,"transaction":1,"kind":"transaction","index":0}],)"
      R"("gaps":[{"block":100,"transaction":2,"index":4,"count":3,"time":1700000000,)"
      R"("block_hash":"0202020202020202020202020202020202020202020202020202020202020202"}],"epoch":4})");
}

TEST(Checkpoint, RefusesANewerVersion) {
  std::string text = encode(full());
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  const auto decoded = decode_checkpoint(text);
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("a newer belfry wrote it"));
}

TEST(Checkpoint, RefusesWhateverIsDamaged) {
  const std::string text = encode(full());
  for (size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(decode_checkpoint(text.substr(0, cut))) << cut;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"chaincode-event", "chaincode"},
           {"0101", "01"},
           {"\"epoch\":4", "\"epoch\":-4"},
           {"\"genesis\"", "\"genisis\""},
           {"\"transaction\":3", "\"transaction\":4294967296"}}) {
    std::string broken = text;
    broken.replace(broken.find(from), from.size(), to);
    EXPECT_FALSE(decode_checkpoint(broken)) << broken;
  }
}

TEST(Place, IsOrderedAsPositionsAre) {
  const Place event{5, 1, event::Kind::chaincode_event, 0};
  EXPECT_LT(event, just_after(event));
  EXPECT_LT(just_after(event), (Place{5, 1, event::Kind::write, 0}));
  EXPECT_LT((Place{5, 1, event::Kind::write, 9}), (Place{5, 2, event::Kind::block, 0}));
  EXPECT_LT((Place{5, 9, event::Kind::write, 9}), (Place{6, 0, event::Kind::block, 0}));
  EXPECT_EQ(to_string(event), "5/1/chaincode-event/0");
}

}  // namespace
}  // namespace belfry::pipeline

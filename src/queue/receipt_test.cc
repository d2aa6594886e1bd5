#include "queue/receipt.h"

#include <gtest/gtest.h>

namespace belfry::queue {
namespace {

TEST(ReceiptTest, ComesBackAsItWas) {
  const auto text = to_text({7, 1234567890123, 42}, 99);
  const auto receipt = parse_receipt(text, 99);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->queue, 7u);
  EXPECT_EQ(receipt->sequence, 1234567890123u);
  EXPECT_EQ(receipt->receives, 42u);
}

TEST(ReceiptTest, NoChangedLetterAndNoOtherStoreIsBelieved) {
  const auto text = to_text({7, 1234567890123, 42}, 99);
  EXPECT_FALSE(parse_receipt(text, 98));
  EXPECT_FALSE(parse_receipt("", 99));
  EXPECT_FALSE(parse_receipt(text + "0", 99));
  EXPECT_FALSE(parse_receipt(text.substr(1), 99));
  for (size_t at = 0; at < text.size(); ++at)
    for (const char c : {'0', '1', 'f', 'G', ' ', '\0'}) {
      auto changed = text;
      if (changed[at] == c) continue;
      changed[at] = c;
      EXPECT_FALSE(parse_receipt(changed, 99)) << at;
    }
}

}  // namespace
}  // namespace belfry::queue

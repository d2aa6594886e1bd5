#include "sinks/smpp_receipt.h"

#include <gtest/gtest.h>

namespace belfry::sinks::smpp {
namespace {

ShortMessage receipt_text(std::string text) {
  ShortMessage message;
  message.esm_class = kReceipt;
  message.source = {1, 1, "15555550100"};
  message.text = std::move(text);
  return message;
}

TEST(SmppReceipt, InTheTextForm) {
  const auto receipt =
      receipt_of(receipt_text("id:0123456789 sub:001 dlvrd:001 submit date:2611240220 done "
                              "date:2611240221 stat:DELIVRD err:000 text:hi id:9"));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->id, "0123456789");
  EXPECT_EQ(receipt->state, "DELIVERED");
  EXPECT_EQ(receipt->error, "000");
  EXPECT_EQ(receipt->to, "+15555550100");
}

TEST(SmppReceipt, StatesAreKnownByTheirFirstLetters) {
  const std::pair<const char*, const char*> states[] = {
      {"DELIVRD", "DELIVERED"},     {"EXPIRED", "EXPIRED"},  {"DELETED", "DELETED"},
      {"UNDELIV", "UNDELIVERABLE"}, {"ACCEPTD", "ACCEPTED"}, {"UNKNOWN", "UNKNOWN"},
      {"REJECTD", "REJECTED"},      {"ENROUTE", "ENROUTE"},  {"rejected", "REJECTED"},
      {"SOMETHING", "UNKNOWN"},     {"", "UNKNOWN"}};
  for (const auto& [text, state] : states)
    EXPECT_EQ(receipt_of(receipt_text(std::string("ID:1 Stat:") + text))->state, state) << text;
}

TEST(SmppReceipt, OptionalParametersWin) {
  ShortMessage message = receipt_text("id:1 stat:DELIVRD err:000");
  message.optional[static_cast<uint16_t>(Tag::receipted_message_id)] = std::string("abc\0", 4);
  message.optional[static_cast<uint16_t>(Tag::message_state)] = "\x05";
  message.optional[static_cast<uint16_t>(Tag::network_error_code)] = std::string("\x03\x01\x02", 3);
  const auto receipt = receipt_of(message);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->id, "abc");
  EXPECT_EQ(receipt->state, "UNDELIVERABLE");
  EXPECT_EQ(receipt->error, "258");
}

TEST(SmppReceipt, ATextFromAPhoneIsNone) {
  ShortMessage message = receipt_text("id:1 stat:DELIVRD");
  message.esm_class = 0;
  EXPECT_FALSE(receipt_of(message));
  EXPECT_FALSE(receipt_of(receipt_text("hello")));
}

}  // namespace
}  // namespace belfry::sinks::smpp

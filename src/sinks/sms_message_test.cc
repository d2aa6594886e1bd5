#include "sinks/sms_message.h"

#include <gtest/gtest.h>

namespace belfry::sinks {
namespace {

std::vector<size_t> sizes(const SmsText& text) {
  std::vector<size_t> sizes;
  for (const auto& part : text.parts) sizes.push_back(part.size());
  return sizes;
}

using Sizes = std::vector<size_t>;

TEST(PhoneNumber, InInternationalForm) {
  for (const char* good : {"+15555550100", "+4930123456", "+1234567", "+123456789012345"})
    EXPECT_EQ(phone_number_problem(good), std::nullopt) << good;
}

TEST(PhoneNumber, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "it is empty; give a plus, the country code and the number"},
      {"5555550100", "it does not begin with a plus and the country code"},
      {"+1 555 555 0100", "the character at place 3 is no digit"},
      {"+1555-5550100", "'-' at place 6 is no digit"},
      {"+05555550100", "no country code begins with 0"},
      {"+123456", "it has 6 digits, too few"},
      {"+1234567890123456", "it has 16 digits, at most 15 are possible"}};
  for (const auto& [number, why] : cases)
    EXPECT_EQ(phone_number_problem(number),
              "'" + std::string(number) + "' is no phone number: " + why + ", as in +15555550100");
}

TEST(SmsText, TheDefaultAlphabetTakesOneSeptetEach) {
  const auto text = split_sms("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¤¡ÄÖÑÜ§¿äöñüà");
  EXPECT_EQ(text.encoding, SmsEncoding::gsm7);
  ASSERT_EQ(text.parts.size(), 1u);
  EXPECT_EQ(text.parts[0], std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                                       "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
                                       "\x17\x18\x19\x1a\x1c\x1d\x1e\x1f\x20\x24\x40\x5b\x5c\x5d"
                                       "\x5e\x5f\x60\x7b\x7c\x7d\x7e\x7f",
                                       45));
}

TEST(SmsText, TheExtensionTakesTwo) {
  const auto text = split_sms("^{}\\[~]|€\f");
  EXPECT_EQ(text.units, 20u);
  EXPECT_EQ(text.parts[0],
            "\x1b\x14\x1b\x28\x1b\x29\x1b\x2f\x1b\x3c\x1b\x3d\x1b\x3e\x1b\x40\x1b\x65\x1b\x0a");
}

TEST(SmsText, OneOtherCharacterMakesItUcs2) {
  const auto text = split_sms("aя😀");
  EXPECT_EQ(text.encoding, SmsEncoding::ucs2);
  EXPECT_EQ(text.units, 4u);
  EXPECT_EQ(text.parts[0], std::string("\0a\x04\x4f\xd8\x3d\xde\x00", 8));
}

TEST(SmsText, WhatIsNoUtf8IsReplaced) {
  const auto text = split_sms(
      "\xff"
      "a\xed\xa0\x80");
  EXPECT_EQ(text.parts[0], std::string("\xff\xfd\0a\xff\xfd\xff\xfd\xff\xfd", 10));
}

TEST(SmsText, AnEmptyTextIsOnePart) {
  EXPECT_EQ(sizes(split_sms("")), Sizes{0});
}

TEST(SmsText, IsCutAtTheEdges) {
  EXPECT_EQ(sizes(split_sms(std::string(160, 'x'))), (Sizes{160}));
  EXPECT_EQ(sizes(split_sms(std::string(161, 'x'))), (Sizes{153, 8}));
  EXPECT_EQ(sizes(split_sms(std::string(307, 'x'))), (Sizes{153, 153, 1}));
  EXPECT_EQ(sizes(split_sms(std::string(161, 'x'), SmsReference::bits16)), (Sizes{152, 9}));
  std::string cyrillic;
  for (int i = 0; i < 70; ++i) cyrillic += "я";
  EXPECT_EQ(sizes(split_sms(cyrillic)), (Sizes{140}));
  EXPECT_EQ(sizes(split_sms(cyrillic + "я")), (Sizes{134, 8}));
  EXPECT_EQ(sizes(split_sms(cyrillic + "я", SmsReference::bits16)), (Sizes{132, 10}));
}

TEST(SmsText, NoEscapeOrPairIsTornApart) {
  EXPECT_EQ(sizes(split_sms(std::string(152, 'x') + "€" + std::string(10, 'x'))), (Sizes{152, 12}));
  std::string text;
  for (int i = 0; i < 66; ++i) text += "я";
  EXPECT_EQ(sizes(split_sms(text + "😀яяя")), (Sizes{132, 10}));
}

TEST(SmsText, HeadersAreThoseOfTheStandard) {
  EXPECT_EQ(concatenation_header(SmsReference::bits8, 0x1234, 3, 2),
            std::string("\x05\x00\x03\x34\x03\x02", 6));
  EXPECT_EQ(concatenation_header(SmsReference::bits16, 0x1234, 3, 2),
            std::string("\x06\x08\x04\x12\x34\x03\x02", 7));
}

}  // namespace
}  // namespace belfry::sinks

#include "sinks/smpp_pdu.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace belfry::sinks::smpp {
namespace {

// Byte layouts by hand, after §4.1.1 and §4.4.1.
TEST(SmppPdu, ABindIsWrittenAsTheStandardHasIt) {
  const std::string body = encode_bind({"belfry", "secret", "", 1, 1, "447*"});
  EXPECT_EQ(hex(encode({Command::bind_transceiver, 0, 7, body})),
            "00000027"  // length
            "00000009"  // command
            "00000000"  // status
            "00000007"  // sequence
            "62656c66727900"
            "73656372657400"
            "00"
            "34"
            "0101"
            "3434372a00");
}

ShortMessage example() {
  ShortMessage message;
  message.service_type = "CMT";
  message.source = {5, 0, "belfry"};
  message.destination = {1, 1, "15555550100"};
  message.esm_class = kHasHeader;
  message.validity = "000001000000000R";
  message.registered_delivery = 1;
  message.data_coding = kCodingUcs2;
  message.text = std::string("\0h\0i", 4);
  message.optional[0x0204] = std::string("\x12\x34", 2);
  return message;
}

TEST(SmppPdu, ASubmitIsWrittenAsTheStandardHasIt) {
  EXPECT_EQ(hex(encode_short_message(example())),
            "434d5400"
            "050062656c66727900"
            "0101313535353535353031303000"
            "400000"
            "00"
            "3030303030313030303030303030305200"
            "01000800"
            "0400680069"
            "020400021234");
}

TEST(SmppPdu, AShortMessageComesBack) {
  const auto decoded = decode_short_message(encode_short_message(example()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_short_message(*decoded), encode_short_message(example()));
  EXPECT_EQ(decoded->destination.number, "15555550100");
  EXPECT_EQ(decoded->optional, example().optional);
}

TEST(SmppPdu, EveryTruncationIsSeen) {
  const std::string whole = encode_short_message(example());
  const size_t mandatory =
      whole.size() - 6;  // the end before the optional parameter is a message, too
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(decode_short_message(whole.substr(0, size)).has_value(), size == mandatory) << size;
}

TEST(SmppPdu, AnOverlongTextFieldIsRefused) {
  ShortMessage message = example();
  std::string body = encode_short_message(message);
  body.replace(0, 3, "CMTXXX");  // six characters where five fit
  EXPECT_FALSE(decode_short_message(body));
}

TEST(SmppPdu, AStreamIsCutIntoPdus) {
  const std::string both = encode({Command::enquire_link, 0, 1, {}}) +
                           encode({Command::submit_sm_resp, 0, 2, {"id\0", 3}});
  Pdu pdu;
  size_t size = 0;
  for (size_t some = 0; some < 16; ++some)
    EXPECT_EQ(next_pdu(both.substr(0, some), pdu, size), Framing::incomplete);
  ASSERT_EQ(next_pdu(both, pdu, size), Framing::whole);
  EXPECT_EQ(size, 16u);
  EXPECT_EQ(pdu.command, Command::enquire_link);
  const std::string rest = both.substr(size);
  ASSERT_EQ(next_pdu(rest, pdu, size), Framing::whole);
  EXPECT_EQ(pdu.sequence, 2u);
  EXPECT_EQ(decode_message_id(pdu.body), "id");
}

TEST(SmppPdu, ImpossibleLengthsAreBroken) {
  Pdu pdu;
  size_t size = 0;
  EXPECT_EQ(next_pdu(std::string("\0\0\0\x0f", 4), pdu, size), Framing::broken);
  EXPECT_EQ(next_pdu(std::string("\x7f\0\0\0", 4), pdu, size), Framing::broken);
}

TEST(SmppPdu, ErrorsAreNamedByWhatTheyMean) {
  EXPECT_EQ(meaning_of(0), Meaning::accepted);
  EXPECT_EQ(meaning_of(0x58), Meaning::throttled);
  EXPECT_EQ(meaning_of(0x14), Meaning::throttled);
  EXPECT_EQ(meaning_of(0x0b), Meaning::permanent);
  EXPECT_EQ(meaning_of(0x08), Meaning::retry);
  EXPECT_EQ(meaning_of(0x04), Meaning::rebind);
  EXPECT_EQ(meaning_of(0x400), Meaning::retry);
  EXPECT_EQ(status_name(0x0b), "ESME_RINVDSTADR (invalid destination address)");
  EXPECT_EQ(status_name(0x400), "error 0x00000400");
}

}  // namespace
}  // namespace belfry::sinks::smpp

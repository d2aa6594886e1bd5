#include "sinks/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace belfry::sinks {
namespace {

using testing::HasSubstr;

const WallTime kNow{std::chrono::seconds(1'700'000'000)};

TEST(MailTest, PlainTextGoesPlainly) {
  const std::string mail = format_mail({"board@example.org", "News", "two\nlines", "id-1",
                                        "https://example.org/?Action=Unsubscribe"},
                                       "Belfry <bell@example.org>", kNow);
  EXPECT_EQ(mail,
            "From: Belfry <bell@example.org>\r\n"
            "To: board@example.org\r\n"
            "Subject: News\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
            "Message-ID: <id-1@example.org>\r\n"
            "List-Unsubscribe: <https://example.org/?Action=Unsubscribe>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "two\r\nlines\r\n");
}

TEST(MailTest, OtherTextIsEncodedInWholeCharacters) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "ü";
  const std::string mail = format_mail({"a@b", subject, "Grüße", "", ""}, "c@d", kNow);
  // 22 characters of two bytes fit a word of 45.
  EXPECT_THAT(mail, HasSubstr("Subject: =?UTF-8?B?" + base64(subject.substr(0, 44)) +
                              "?=\r\n =?UTF-8?B?" + base64(subject.substr(44)) + "?=\r\n"));
  EXPECT_THAT(mail, HasSubstr("Content-Transfer-Encoding: base64\r\n\r\n" + base64("Grüße")));
}

TEST(MailTest, LongLinesAndControlCharactersAreEncoded) {
  for (const std::string& text :
       {std::string(1'200, 'x'), std::string("a\rb"), std::string("a\x01")})
    EXPECT_THAT(format_mail({"a@b", "s", text, "", ""}, "c@d", kNow), HasSubstr("base64"));
}

TEST(MailTest, KnowsAddresses) {
  EXPECT_FALSE(mail_address_problem("board+x@example.org"));
  for (const char* bad : {"", "board", "@example.org", "board@", "a@b@c", "a b@c",
                          "a@b\r\nBcc: x@y", "a@b,c@d", "<a@b>"})
    EXPECT_TRUE(mail_address_problem(bad)) << bad;
}

}  // namespace
}  // namespace belfry::sinks

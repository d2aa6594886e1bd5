#include "functions/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "functions/template_value.h"

namespace belfry::functions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kJson =
    R"({"event":"DonationCreated","payload":{"createdBy":"alice \"al\" 名前",
  "donationAmount": 1234567.50 ,"tags":["a",{"b":[1,2]}],"none":null,"yes":true,"a b":7,"weird.key":8}})";

std::string render(std::string_view text, Template::Output output = Template::Output::text,
                   const queue::Message* message = nullptr) {
  const auto parsed = Template::parse(text, output);
  if (!parsed) return "parse: " + parsed.error().message;
  auto rendered = parsed->render({kJson, message});
  return rendered ? *rendered : "render: " + rendered.error().message;
}

TEST(Template, FillsHolesWithFields) {
  EXPECT_EQ(render("{{payload.createdBy}} just donated ${{ payload.donationAmount }}!"),
            "alice \"al\" 名前 just donated $1234567.50!");
  EXPECT_EQ(render("no hole } { {x} }}"), "no hole } { {x} }}");
  EXPECT_EQ(render(""), "");
  EXPECT_EQ(render("{{payload.tags[0]}} {{payload.tags[1].b[1]}} {{payload[\"a b\"]}} "
                   "{{payload[\"weird.key\"]}}"),
            "a 2 7 8");
  EXPECT_EQ(render("{{payload.tags}} {{payload.tags[1]}} {{payload.yes}}"),
            R"(["a",{"b":[1,2]}] {"b":[1,2]} true)");
  EXPECT_EQ(render("{{\"{{\"}}x}}"), "{{x}}");
}

TEST(Template, FiltersShapeValues) {
  EXPECT_EQ(render("{{payload.donationAmount | number}}"), "1,234,567.50");
  EXPECT_EQ(render("{{payload.donationAmount|number 0}}"), "1,234,568");
  EXPECT_EQ(render("{{payload.donationAmount|number 3}}"), "1,234,567.500");
  EXPECT_EQ(
      render("{{event | upper}} {{event|lower}} {{event | truncate 9}} {{event|truncate 100}}"),
      "DONATIONCREATED donationcreated Donation… DonationCreated");
  EXPECT_EQ(render("{{payload.createdBy | truncate 12}}"), "alice \"al\" …");
  EXPECT_EQ(render("{{payload.nobody | default \"no one\"}} {{payload.none | default "
                   "\"\"}}|{{a.b[3].c|default \"x\\n\"}}"),
            "no one |x\n");
  EXPECT_EQ(render("{{payload.createdBy | json}}"), R"("alice \"al\" 名前")");
  EXPECT_EQ(render("{{payload.none | json}}"), "null");
  EXPECT_EQ(render("{{payload.createdBy | number}}"),
            "render: {{payload.createdBy | number}} at line 1, column 1 of the template: alice "
            "\"al\" 名前 is not a plain decimal number");
}

TEST(Template, NumbersAreGroupedAndRoundedDigitByDigit) {
  const auto grouped = [](std::string_view digits, std::optional<size_t> decimals = {}) {
    return with_separators(digits, decimals).value_or("none");
  };
  EXPECT_EQ(grouped("0"), "0");
  EXPECT_EQ(grouped("999"), "999");
  EXPECT_EQ(grouped("1000"), "1,000");
  EXPECT_EQ(grouped("-1234567"), "-1,234,567");
  EXPECT_EQ(grouped("123456789012345678901234567890.10"),
            "123,456,789,012,345,678,901,234,567,890.10");
  EXPECT_EQ(grouped("999.995", 2), "1,000.00");
  EXPECT_EQ(grouped("0.5", 0), "1");
  EXPECT_EQ(grouped("-0.4", 0), "0");
  EXPECT_EQ(grouped("7", 2), "7.00");
  EXPECT_EQ(grouped("1e5"), "none");
  EXPECT_EQ(grouped(""), "none");
  EXPECT_EQ(grouped("-"), "none");
  EXPECT_EQ(grouped("1.2.3"), "none");
}

TEST(Template, AFieldThatIsNotThereIsAnErrorThatHelps) {
  EXPECT_EQ(render("Hi\n {{payload.createdby}}"),
            "render: {{payload.createdby}} at line 2, column 2 of the template: there is no field "
            "payload.createdby; payload has "
            "createdBy, donationAmount, tags, none, yes, a b, weird.key; did you mean createdBy?");
  EXPECT_THAT(render("{{nothing}}"),
              HasSubstr("there is no field nothing; the body has event, payload"));
  EXPECT_THAT(render("{{event.x}}"), HasSubstr("there is no field event.x; event has no fields"));
  EXPECT_THAT(render("{{payload.tags[5]}}"), HasSubstr("there is no field payload.tags[5]"));
  EXPECT_THAT(render("{{payload.none}}"), HasSubstr("payload.none is null"));
  for (const std::string_view body : {"", "plain text", "[1]", "3", "{\"a\":"}) {
    const auto rendered = Template::parse("{{a}}", Template::Output::text)->render({body, nullptr});
    EXPECT_FALSE(rendered) << body;
  }
}

// Found by the fuzzer: a look into damage must not end the looks after it.
TEST(Template, DamagedJsonIsAnErrorHoweverOftenItIsLookedAt) {
  const auto parsed = Template::parse(R"({{a["b"][1] | default "x"}}{{a.c | default "y"}}{{d}})",
                                      Template::Output::text);
  for (const std::string_view body :
       {R"({{a["b"][1]}})", R"({"a":{"b":[1,)", R"({"a" 1})", R"({"a":{"c"}})"}) {
    EXPECT_FALSE(parsed->render({body, nullptr})) << body;
  }
}

TEST(Template, LooksAtTheMessageAroundTheBody) {
  queue::Message message;
  message.id = "id-1";
  message.body = "plain";
  message.attributes["amount"] = {"Number", "1000"};
  message.system["belfry.subject"] = "News";
  EXPECT_EQ(render("{{message.id}} {{message.body}} {{message.subject}} "
                   "{{message.attributes.amount | number}}",
                   Template::Output::text, &message),
            "id-1 plain News 1,000");
  EXPECT_THAT(render("{{message.topic}}", Template::Output::text, &message),
              HasSubstr("there is no field message.topic"));
}

TEST(Template, JsonOutputEscapesAsItsPlaceDemands) {
  EXPECT_EQ(
      render(
          R"({"who":{{payload.createdBy}},"text":"by {{payload.createdBy}}, {{payload.donationAmount}}","n":{{payload.donationAmount}},"t":{{payload.tags}}})",
          Template::Output::json),
      R"({"who":"alice \"al\" 名前","text":"by alice \"al\" 名前, 1234567.50","n":1234567.50,"t":["a",{"b":[1,2]}]})");
  EXPECT_EQ(render(R"({"x":"\" {{event}}"})", Template::Output::json),
            R"({"x":"\" DonationCreated"})");
  EXPECT_THAT(render("{\"x\":\"", Template::Output::json), HasSubstr("ends within quotes"));
}

TEST(Template, NamesThePathsItNeeds) {
  EXPECT_THAT(Template::parse("{{a.b}} {{\"x\"}} {{c[0] | json}}", Template::Output::text)->paths(),
              ElementsAre("a.b", "c[0]"));
}

TEST(Template, MistakesAreNamedWithTheirPlace) {
  struct Case {
    std::string text, message;
    size_t line, column;
  };
  for (const Case& wrong :
       std::vector<Case>{{"a {{payload.x", "the hole is not closed: }} is missing", 1, 14},
                         {"a\nb {{ }}", "expected the name of a field", 2, 6},
                         {"{{a..b}}", "expected the name of a field", 1, 5},
                         {"{{a[x]}}", "expected a number", 1, 5},
                         {"{{a[99999999999999999999]}}", "a number above 1000000", 1, 11},
                         {"{{a[1}}", "expected ]", 1, 6},
                         {"{{a b}}", "expected | or }}, found 'b'", 1, 5},
                         {"{{a | defualt \"x\"}}",
                          "there is no filter defualt, did you mean default?; filters are default, "
                          "json, number, upper, lower, truncate",
                          1, 7},
                         {"{{a | default}}", "default is followed by its text in quotes", 1, 14},
                         {"{{a | default \"x}}", "the quotes are not closed", 1, 19},
                         {"{{a | truncate}}", "expected a number", 1, 15},
                         {"{{a | number 21}}", "at most 20 decimals", 1, 16}}) {
    const auto parsed = Template::parse(wrong.text, Template::Output::text);
    ASSERT_FALSE(parsed) << wrong.text;
    EXPECT_EQ(parsed.error().message, wrong.message) << wrong.text;
    EXPECT_EQ(parsed.error().line, wrong.line) << wrong.text;
    EXPECT_EQ(parsed.error().column, wrong.column) << wrong.text;
  }
}

TEST(Template, HasBounds) {
  std::string holes, path = "{{a";
  for (int i = 0; i < 1001; ++i) holes += "{{a}}";
  for (int i = 0; i < 40; ++i) path += ".a";
  for (const std::string& text : {holes, path + "}}", std::string(70'000, 'x')}) {
    EXPECT_FALSE(Template::parse(text, Template::Output::text));
  }
}

}  // namespace
}  // namespace belfry::functions

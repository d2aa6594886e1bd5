#include "aws/shape.h"

#include <gtest/gtest.h>

namespace belfry::aws {
namespace {

const Shape kSend = structure({
    {"QueueUrl", scalar()},
    {"DelaySeconds", integer()},
    {"AttributeNames", flat_list("AttributeName", scalar())},
    {"MessageAttributes", flat_map("MessageAttribute", "Name", "Value",
                                   structure({{"DataType", scalar()}, {"StringValue", scalar()}}))},
    {"TopicList", list(scalar())},
    {"Tags", map(scalar())},
});

boost::json::object read(const Parameters& parameters) {
  auto object = from_query(parameters, kSend);
  EXPECT_TRUE(object) << object.error().message;
  return object ? *object : boost::json::object();
}

TEST(Query, ReadsEachForm) {
  const auto object = read({{"Action", "SendMessage"},
                            {"QueueUrl", "http://x/q"},
                            {"DelaySeconds", "7"},
                            {"AttributeName.2", "b"},
                            {"AttributeName.1", "a"},
                            {"AttributeName.10", "c"},
                            {"MessageAttribute.1.Name", "City"},
                            {"MessageAttribute.1.Value.DataType", "String"},
                            {"MessageAttribute.1.Value.StringValue", "Any City"},
                            {"TopicList.member.1", "t"},
                            {"Tags.entry.1.key", "k"},
                            {"Tags.entry.1.value", "v"}});
  EXPECT_EQ(boost::json::serialize(object),
            R"({"QueueUrl":"http://x/q","DelaySeconds":7,"AttributeNames":["a","b","c"],)"
            R"("MessageAttributes":{"City":{"DataType":"String","StringValue":"Any City"}},)"
            R"("TopicList":["t"],"Tags":{"k":"v"}})");
}

TEST(Query, TakesTheLastOfWhatIsGivenTwice) {
  EXPECT_EQ(boost::json::serialize(read({{"AttributeName.1", "a"},
                                         {"QueueUrl", "x"},
                                         {"AttributeName.1", "b"},
                                         {"QueueUrl", "y"}})),
            R"({"QueueUrl":"y","AttributeNames":["b"]})");
}

TEST(Query, NamesThatBeginAlikeStandApart) {
  EXPECT_EQ(boost::json::serialize(read({{"QueueUrl-1", "no"},
                                         {"QueueUrl.1", "no"},
                                         {"QueueUrl", "yes"},
                                         {"QueueUrlX", "no"},
                                         {"MessageAttribute.1.Value.DataType", "String"},
                                         {"MessageAttribute.10.Name", "b"},
                                         {"MessageAttribute.1.Name", "a"},
                                         {"MessageAttribute.10.Value.StringValue", "c"},
                                         {"MessageAttribute.1..Name", "no"},
                                         {"MessageAttribute.x.Name", "no"},
                                         {".MessageAttribute.1.Name", "no"}})),
            R"({"QueueUrl":"yes","MessageAttributes":{"a":{"DataType":"String"},)"
            R"("b":{"StringValue":"c"}}})");
}

TEST(Query, NamesWhatIsNoNumber) {
  const auto object = from_query({{"DelaySeconds", "soon"}}, kSend);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().message, "DelaySeconds must be a whole number, not 'soon'");
}

TEST(Query, RefusesABottomlessName) {
  std::string name = "a";
  for (int i = 0; i < 1000; ++i) name += ".1";
  EXPECT_FALSE(from_query({{name, "x"}}, kSend));
}

TEST(Json, MustBeOfTheShape) {
  const auto refusal = [](const char* json) {
    auto input = boost::json::parse(json).get_object();
    const auto good = conform(input, kSend);
    return good ? boost::json::serialize(input) : good.error().message;
  };
  EXPECT_EQ(refusal(R"({"QueueUrl":null,"DelaySeconds":5.0,"Other":{}})"),
            R"({"DelaySeconds":5,"Other":{}})");
  EXPECT_EQ(refusal(R"({"QueueUrl":7})"), "NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(refusal(R"({"DelaySeconds":"7"})"), "STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal(R"({"DelaySeconds":7.5})"), "NUMBER_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal(R"({"DelaySeconds":1e30})"), "NUMBER_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal(R"({"TopicList":"x"})"), "STRING_VALUE can not be converted to a List");
  EXPECT_EQ(refusal(R"({"TopicList":[null]})"), "NULL_VALUE can not be converted to a String");
  EXPECT_EQ(refusal(R"({"Tags":["x"]})"), "START_ARRAY can not be converted to an Object");
  EXPECT_EQ(refusal(R"({"MessageAttributes":{"x":{"DataType":true}}})"),
            "TRUE_VALUE can not be converted to a String");
}

TEST(Xml, WritesEachForm) {
  std::string out;
  append_xml(
      out,
      boost::json::parse(R"({"QueueUrl":"a<b&\r","DelaySeconds":7,"AttributeNames":["x","y"],)"
                         R"("MessageAttributes":{"City":{"DataType":"String"}},"TopicList":["t"],)"
                         R"("Tags":{"k":"v"}})")
          .get_object(),
      kSend);
  EXPECT_EQ(out,
            "<QueueUrl>a&lt;b&amp;&#xd;</QueueUrl><DelaySeconds>7</DelaySeconds><AttributeName>x</"
            "AttributeName>"
            "<AttributeName>y</AttributeName><MessageAttribute><Name>City</"
            "Name><Value><DataType>String</DataType>"
            "</Value></MessageAttribute><TopicList><member>t</member></"
            "TopicList><Tags><entry><key>k</key>"
            "<value>v</value></entry></Tags>");
}

}  // namespace
}  // namespace belfry::aws

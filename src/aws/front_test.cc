#include "aws/front.h"

#include <gtest/gtest.h>

namespace belfry::aws {
namespace {

constexpr char kPolicy[] =
    R"({"Statement":{"Effect":"Allow","Action":"echo:Say","Resource":"arn:echo:bell"}})";

Service echo() {
  Service service;
  service.name = "echo";
  service.json_prefix = "Echo";
  service.error_prefix = "com.example#";
  service.json_version = "1.0";
  service.query_version = "2020-01-01";
  service.xml_namespace = "http://echo/";
  Action say;
  say.input = structure({{"Text", scalar()}});
  say.output = structure({{"Text", scalar()}});
  say.resource = [](const boost::json::object& input, const Caller&) {
    return "arn:echo:" + std::string(input.at("Text").as_string());
  };
  say.run = [](boost::json::object input, const Caller&, Callback<Answer> done) {
    if (!input.contains("Text")) return done(Fault{"NoText", "Old.NoText", "say <something>"});
    done(std::move(input));
  };
  service.actions.emplace("Say", std::move(say));
  return service;
}

class FrontTest : public testing::Test {
 protected:
  http::ServerResponse ask(Front& front, http::ServerRequest request) {
    http::ServerResponse got;
    request.method = "POST";
    if (request.target.empty()) request.target = "/";
    request.path = "/";
    if (request.peer.empty()) request.peer = "127.0.0.1";
    request.headers.emplace_back("Host", "localhost:4566");
    front.handle(std::move(request),
                 [&](http::ServerResponse response) { got = std::move(response); });
    return got;
  }
  http::ServerRequest json(std::string target, std::string body) {
    http::ServerRequest request;
    request.headers = {{"X-Amz-Target", std::move(target)}};
    request.body = std::move(body);
    return request;
  }

  ManualClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(1);
};

TEST_F(FrontTest, SpeaksJson) {
  Front front(clock_, *random_, {});
  front.add(echo());
  const auto response = ask(front, json("Echo.Say", R"({"Text":"hi"})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"Text":"hi"})");
  const auto refused = ask(front, json("Echo.Say", "{}"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"({"__type":"com.example#NoText","message":"say <something>"})");
  EXPECT_EQ(http::find_header(refused.headers, "x-amzn-query-error"), nullptr);
}

TEST_F(FrontTest, RefusesInTheServicesOwnShape) {
  const auto refuse = [&](http::ServerRequest request, bool query_born, bool capital) {
    auto service = echo();
    service.query_born = query_born;
    service.capital_message = capital;
    Front front(clock_, *random_, {});
    front.add(std::move(service));
    return ask(front, std::move(request));
  };
  const auto form = [] {
    http::ServerRequest request;
    request.body = "Action=Say";
    return request;
  };
  const auto born = refuse(json("Echo.Say", "{}"), true, false);
  EXPECT_EQ(*http::find_header(born.headers, "x-amzn-query-error"), "Old.NoText;Sender");
  EXPECT_NE(refuse(form(), true, false).body.find("</Message><Detail/></Error>"),
            std::string::npos);
  EXPECT_NE(refuse(form(), false, false).body.find("</Message></Error>"), std::string::npos);
  EXPECT_EQ(refuse(json("Echo.Say", "{}"), false, true).body,
            R"({"__type":"com.example#NoText","Message":"say <something>"})");
}

TEST_F(FrontTest, AnswersAQueryInJsonWhenAskedTo) {
  Front front(clock_, *random_, {});
  auto service = echo();
  service.actions.at("Say").output = structure({{"Words", list(scalar())}});
  service.actions.at("Say").run = [](boost::json::object, const Caller&, Callback<Answer> done) {
    done(boost::json::object{{"Words", {"a"}}, {"Count", 1}});
  };
  front.add(std::move(service));
  http::ServerRequest request;
  request.headers = {{"Accept", "application/json"}};
  request.body = "Action=Say";
  const auto answer = boost::json::parse(ask(front, std::move(request)).body).as_object();
  const auto& response = answer.at("SayResponse").as_object();
  EXPECT_EQ(response.at("SayResult"), (boost::json::value{{"words", {"a"}}, {"Count", 1}}));
  EXPECT_TRUE(response.at("ResponseMetadata").as_object().contains("RequestId"));
}

TEST_F(FrontTest, SpeaksQuery) {
  Front front(clock_, *random_, {});
  front.add(echo());
  http::ServerRequest request;
  request.body = "Action=Say&Text=a%20%26+b";
  const auto response = ask(front, std::move(request));
  EXPECT_NE(response.body.find("<SayResult><Text>a &amp; b</Text></SayResult>"), std::string::npos);
  http::ServerRequest empty;
  empty.body = "Action=Say";
  EXPECT_NE(ask(front, std::move(empty))
                .body.find("<Code>Old.NoText</Code><Message>say &lt;something&gt;"),
            std::string::npos);
}

TEST_F(FrontTest, NamesWhatItDoesNotHave) {
  Front front(clock_, *random_, {});
  front.add(echo());
  EXPECT_NE(ask(front, json("Echo.Sing", "{}")).body.find("UnsupportedOperation"),
            std::string::npos);
  EXPECT_NE(ask(front, json("Bell.Ring", "{}")).body.find("UnknownOperation"), std::string::npos);
  EXPECT_NE(ask(front, json("Echo.Say", "{")).body.find("SerializationException"),
            std::string::npos);
  EXPECT_NE(
      ask(front, json("Echo.Say", std::string(1000, '['))).body.find("SerializationException"),
      std::string::npos);
}

TEST_F(FrontTest, LetsOnlyThisMachineInWithoutUsers) {
  Front front(clock_, *random_, {});
  front.add(echo());
  auto request = json("Echo.Say", R"({"Text":"hi"})");
  request.peer = "10.1.2.3";
  EXPECT_EQ(ask(front, std::move(request)).status, 403);
}

TEST_F(FrontTest, HoldsUsersToTheirPolicy) {
  Front::Options options;
  options.access.add({"alice", "AKID", "secret", *Policy::parse(kPolicy)});
  Front front(clock_, *random_, std::move(options));
  front.add(echo());
  const auto call = [&](const std::string& text, const std::string& key,
                        const std::string& secret) {
    auto request = json("Echo.Say", text);
    http::Headers signed_headers = request.headers;
    signed_headers.emplace_back("Host", "localhost:4566");
    for (auto& header : sign({"POST", "/", "", &signed_headers, request.body}, {key, secret, ""},
                             {"us-east-1", "echo"}, clock_.now()))
      request.headers.push_back(header);
    return ask(front, std::move(request));
  };
  EXPECT_EQ(call(R"({"Text":"bell"})", "AKID", "secret").status, 200);
  EXPECT_NE(
      call(R"({"Text":"gong"})", "AKID", "secret").body.find("not authorized to perform: echo:Say"),
      std::string::npos);
  EXPECT_NE(call(R"({"Text":"bell"})", "AKID", "guess").body.find("SignatureDoesNotMatch"),
            std::string::npos);
  EXPECT_NE(call(R"({"Text":"bell"})", "OTHER", "secret").body.find("InvalidClientTokenId"),
            std::string::npos);
  EXPECT_NE(ask(front, json("Echo.Say", "{}")).body.find("MissingAuthenticationToken"),
            std::string::npos);
}

}  // namespace
}  // namespace belfry::aws

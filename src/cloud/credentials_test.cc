#include "cloud/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "base/forgetful_files.h"
#include "cloud/profile.h"
#include "http/server.h"
#include "http/url.h"

namespace belfry::cloud {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Profile, TakesTheKeysOfOneSection) {
  constexpr std::string_view kText =
      "# comment\n[default]\naws_access_key_id = A ; mine\naws_secret_access_key=b=c\n"
      "s3 =\n  max_concurrent_requests = 20\n\n[profile work]\r\nregion = eu-west-1\r\n";
  EXPECT_EQ(
      profile_section(kText, "default"),
      (ProfileKeys{{"aws_access_key_id", "A"}, {"aws_secret_access_key", "b=c"}, {"s3", ""}}));
  EXPECT_EQ(profile_section(kText, "profile work"), (ProfileKeys{{"region", "eu-west-1"}}));
  EXPECT_TRUE(profile_section(kText, "other").empty());
}

class CredentialsTest : public testing::Test {
 protected:
  Result<aws::Credentials> get() {
    chain_ = CredentialChain::create(settings_, environment(), files_, clock_);
    return again();
  }
  Result<aws::Credentials> again() {
    std::promise<Result<aws::Credentials>> promise;
    chain_->get([&](Result<aws::Credentials> got) { promise.set_value(std::move(got)); });
    return promise.get_future().get();
  }
  Environment environment() {
    return [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables_.find(std::string(name));
      if (found == variables_.end()) return {};
      return found->second;
    };
  }
  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(files_.make_folders("home/.aws"));
    ASSERT_TRUE(replace_whole(files_, path, text));
  }
  // A metadata service at variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"].
  void serve(http::RequestHandler handler) {
    auto started = http::Server::start({}, std::move(handler));
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    url_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  std::map<std::string, std::string> variables_{{"HOME", "home"},
                                                {"AWS_EC2_METADATA_DISABLED", "true"}};
  CredentialSettings settings_;
  ForgetfulFiles files_{1};
  ManualClock clock_;
  std::unique_ptr<http::Server> server_;
  std::string url_;
  std::unique_ptr<CredentialChain> chain_;
};

std::string temporary(const std::string& key, const std::string& ends) {
  return R"({"AccessKeyId": ")" + key +
         R"(", "SecretAccessKey": "s", "Token": "t", "Expiration": ")" + ends + R"("})";
}

TEST_F(CredentialsTest, LooksInOrder) {
  write("home/.aws/credentials",
        "[default]\naws_access_key_id = file\naws_secret_access_key = s\n"
        "[work]\naws_access_key_id = work\naws_secret_access_key = s\naws_session_token = t\n");
  EXPECT_EQ(get()->access_key, "file");
  variables_["AWS_PROFILE"] = "work";
  EXPECT_EQ(get()->session_token, "t");
  variables_["AWS_ACCESS_KEY_ID"] = "env";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(get()->access_key, "env");
  settings_.fixed = {"fixed", "s", ""};
  EXPECT_EQ(get()->access_key, "fixed");
}

TEST_F(CredentialsTest, SaysWhereItLooked) {
  variables_["AWS_PROFILE"] = "work";
  const auto got = get();
  ASSERT_FALSE(got);
  for (const char* part : {"AWS_ACCESS_KEY_ID", "profile 'work'", "no ECS task", "EC2"})
    EXPECT_THAT(got.error().message, HasSubstr(part));
}

TEST_F(CredentialsTest, TakesTheTasksRoleWithItsToken) {
  std::string authorization;
  serve([&](http::ServerRequest request, http::Respond respond) {
    authorization = request.header("Authorization") ? *request.header("Authorization") : "";
    respond({200, {}, temporary("task", "2040-01-01T00:00:00Z"), {}});
  });
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url_ + "/role";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc";
  EXPECT_EQ(get()->access_key, "task");
  EXPECT_EQ(authorization, "Basic abc");
}

TEST_F(CredentialsTest, TakesTheInstancesRoleAndRefreshesIt) {
  int fetched = 0;
  serve([&](http::ServerRequest request, http::Respond respond) {
    if (request.path == "/latest/api/token" && request.method == "PUT")
      return respond({200, {}, "session", {}});
    const auto* token = request.header("X-aws-ec2-metadata-token");
    if (!token || *token != "session") return respond({401, {}, "", {}});
    if (request.path == "/latest/meta-data/iam/security-credentials/")
      return respond({200, {}, "belfry-role\n", {}});
    if (request.path == "/latest/meta-data/iam/security-credentials/belfry-role")
      return respond(
          {200, {}, temporary("ec2-" + std::to_string(++fetched), "2023-11-14T23:00:00Z"), {}});
    respond({404, {}, "", {}});
  });
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = url_;
  EXPECT_EQ(get()->access_key, "ec2-1");  // at 22:13:20
  EXPECT_EQ(again()->access_key, "ec2-1");
  clock_.advance(std::chrono::minutes(42));
  EXPECT_EQ(again()->access_key, "ec2-2");
  // The service is gone: what is at hand serves until it ends.
  server_.reset();
  EXPECT_EQ(again()->access_key, "ec2-2");
  clock_.advance(std::chrono::minutes(10));
  EXPECT_FALSE(again());
}

TEST_F(CredentialsTest, ForgetsWhatAwsCalledExpired) {
  int fetched = 0;
  serve([&](http::ServerRequest, http::Respond respond) {
    respond({200, {}, temporary("task-" + std::to_string(++fetched), "2040-01-01T00:00:00Z"), {}});
  });
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url_;
  const auto first = get();
  chain_->forget(*first);
  EXPECT_EQ(again()->access_key, "task-2");
}

TEST_F(CredentialsTest, AssumesTheRolesOfProfiles) {
  std::vector<std::string> asked;
  serve([&](http::ServerRequest request, http::Respond respond) {
    const std::string signer = *request.header("Authorization");
    const auto form = http::parse_query(request.body).value();
    std::string role;
    for (const auto& [name, value] : form)
      if (name == "RoleArn" || name == "RoleSessionName" || name == "ExternalId")
        role += value + " ";
    asked.push_back(signer.substr(signer.find('=') + 1, 4) + " assumes " + role);
    if (role.starts_with("arn:closed"))
      return respond({403,
                      {},
                      "<ErrorResponse xmlns='x'><Error><Code>AccessDenied</Code><Message>no"
                      "</Message></Error></ErrorResponse>",
                      {}});
    respond({200,
             {},
             "<AssumeRoleResponse xmlns='x'><AssumeRoleResult><Credentials><AccessKeyId>R00" +
                 std::to_string(asked.size()) +
                 "</AccessKeyId><SecretAccessKey>s"
                 "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>"
                 "2023-11-14T23:00:00Z</Expiration></Credentials></AssumeRoleResult>"
                 "</AssumeRoleResponse>",
             {}});
  });
  settings_.endpoint = url_;
  write("home/.aws/config",
        "[default]\nrole_arn = arn:outer\nsource_profile = middle\nexternal_id = x y\n"
        "[profile middle]\nrole_arn = arn:inner\nsource_profile = base\nrole_session_name = me\n"
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
        "[profile self]\nrole_arn = arn:self\nsource_profile = self\naws_access_key_id = SELF\n"
        "aws_secret_access_key = s\n"
        "[profile environment]\nrole_arn = arn:e\ncredential_source = Environment\n"
        "[profile shut]\nrole_arn = arn:closed\nsource_profile = base\n"
        "[profile mad]\nrole_arn = arn:mad\nsource_profile = madder\n"
        "[profile madder]\nrole_arn = arn:madder\nsource_profile = mad\n"
        "[profile person]\nrole_arn = arn:p\nsource_profile = base\nmfa_serial = arn:device\n");
  EXPECT_EQ(get()->access_key, "R002");
  EXPECT_EQ(again()->session_token, "t");
  EXPECT_THAT(asked,
              ElementsAre("BASE assumes arn:inner me ", "R001 assumes arn:outer belfry x y "));
  clock_.advance(std::chrono::minutes(45));  // five minutes before they end
  EXPECT_EQ(again()->access_key, "R004");
  settings_.profile = "self";
  EXPECT_EQ(get()->access_key, "R005");
  EXPECT_EQ(asked.back(), "SELF assumes arn:self belfry ");
  for (const auto& [profile, why] :
       {std::pair{"shut", "AccessDenied: no"}, std::pair{"mad", "without an end"},
        std::pair{"person", "export-credentials"}, std::pair{"environment", "credential_source"}}) {
    settings_.profile = profile;
    const auto got = get();
    ASSERT_FALSE(got) << profile;
    EXPECT_THAT(got.error().message, HasSubstr(why));
  }
}

TEST_F(CredentialsTest, FindsTheRegion) {
  EXPECT_EQ(find_region("", "", environment(), files_).value(), "");
  write("home/.aws/config", "[default]\nregion = eu-west-1\n[profile work]\nregion = us-east-2\n");
  EXPECT_EQ(find_region("", "", environment(), files_).value(), "eu-west-1");
  EXPECT_EQ(find_region("", "work", environment(), files_).value(), "us-east-2");
  variables_["AWS_REGION"] = "ap-south-1";
  EXPECT_EQ(find_region("", "work", environment(), files_).value(), "ap-south-1");
  EXPECT_EQ(find_region("sa-east-1", "work", environment(), files_).value(), "sa-east-1");
}

}  // namespace
}  // namespace belfry::cloud

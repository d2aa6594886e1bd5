#include "aws/ssm.h"

#include "aws/secrets_harness.h"

namespace belfry::aws {
namespace {

using SsmTest = SecretsHarness;

TEST_F(SsmTest, KeepsParameters) {
  play("AmazonSSM",
       {{"PutParameter", R"({"Name":"/app/port","Value":"123","Type":"String"})",
         R"({"Version":1,"Tier":"Standard"})"},
        {"PutParameter", R"({"Name":"/app/port","Value":"124"})",
         R"({"__type":"ParameterAlreadyExists"})"},
        {"PutParameter", R"({"Name":"/app/port","Value":"124","Overwrite":true})",
         R"({"Version":2})"},
        {"GetParameter", R"({"Name":"/app/port"})", R"({"Parameter":"*"})"},
        {"GetParameter", R"({"Name":"/app/port:1"})", R"({"__type":"ParameterVersionNotFound"})"},
        {"GetParameter", R"({"Name":"arn:aws:ssm:us-east-1:000000000000:parameter/app/port"})",
         R"({"Parameter":"*"})"},
        {"GetParameter", R"({"Name":"none"})", R"({"__type":"ParameterNotFound"})"},
        {"PutParameter", R"({"Name":"plain","Value":"a,b","Type":"StringList"})",
         R"({"Version":1})"},
        {"GetParameter", R"({"Name":"arn:aws:ssm:us-east-1:000000000000:parameter/plain"})",
         R"({"Parameter":"*"})"},
        {"GetParameters", R"({"Names":["plain","none"]})", R"({"InvalidParameters":["none"]})"},
        {"PutParameter", R"({"Name":"x","Value":"a","Type":"Number"})",
         R"({"__type":"ValidationException"})"},
        {"PutParameter", R"({"Name":"x","Value":"a","Type":"String","AllowedPattern":"^[0-9]+$"})",
         R"({"__type":"ParameterPatternMismatchException"})"},
        {"PutParameter", R"({"Name":"x y","Value":"a","Type":"String"})",
         R"({"__type":"ValidationException"})"},
        {"DeleteParameters", R"({"Names":["plain","none"]})",
         R"({"DeletedParameters":["plain"],"InvalidParameters":["none"]})"},
        {"DeleteParameter", R"({"Name":"plain"})", R"({"__type":"ParameterNotFound"})"}});
  const auto got = call("AmazonSSM.GetParameter", R"({"Name":"/app/port"})");
  EXPECT_EQ(got.at("Parameter").at("Value"), "124");
  EXPECT_EQ(got.at("Parameter").at("ARN"), "arn:aws:ssm:us-east-1:000000000000:parameter/app/port");
}

TEST_F(SsmTest, FindsANameOfOnePartWithASlashToo) {
  call("AmazonSSM.PutParameter", R"({"Name":"port","Value":"80","Type":"String"})");
  const auto got = call("AmazonSSM.GetParameter", R"({"Name":"/port"})").at("Parameter");
  EXPECT_EQ(got.at("Name"), "/port");
  EXPECT_EQ(got.at("Value"), "80");
  for (const char* name : {"/a//b", "a/b", "/a/"}) {
    const auto answer = call("AmazonSSM.GetParameter", R"({"Name":")" + std::string(name) + "\"}");
    EXPECT_EQ(answer.at("__type"), "ValidationException") << name;
    EXPECT_NE(answer.at("message").as_string().find("sub-paths divided by slash symbol"),
              std::string::npos);
  }
}

TEST_F(SsmTest, ReadsSecretsAsParameters) {
  call("secretsmanager.CreateSecret", R"({"Name":"db","SecretString":"sesame"})");
  const std::string name = R"("Name":"/aws/reference/secretsmanager/)";
  const auto got = call("AmazonSSM.GetParameter", "{" + name + R"(db","WithDecryption":true})");
  EXPECT_EQ(got.at("Parameter").at("Value"), "sesame");
  EXPECT_EQ(got.at("Parameter").at("Type"), "SecureString");
  const auto source =
      boost::json::parse(got.at("Parameter").at("SourceResult").as_string()).as_object();
  EXPECT_EQ(source.at("name"), "db");
  EXPECT_EQ(call("AmazonSSM.GetParameter", "{" + name + "db\"}").at("__type"),
            "ValidationException");
  EXPECT_EQ(
      call("AmazonSSM.GetParameter", "{" + name + R"(none","WithDecryption":true})").at("__type"),
      "ParameterNotFound");
}

TEST_F(SsmTest, SealsSecureStrings) {
  call("AmazonSSM.PutParameter", R"({"Name":"/p","Value":"open sesame","Type":"SecureString"})");
  const auto value = [&](const std::string& input) {
    return std::string(
        call("AmazonSSM.GetParameter", input).at("Parameter").at("Value").as_string());
  };
  EXPECT_EQ(value(R"({"Name":"/p","WithDecryption":true})"), "open sesame");
  EXPECT_NE(value(R"({"Name":"/p"})"), "open sesame");
  EXPECT_EQ(disk.store->get("parameter//p")->find("sesame"), std::string::npos);
}

TEST_F(SsmTest, ReadsPathsInPages) {
  for (const char* name : {"/a/1", "/a/2", "/a/b/3", "/ab"})
    call("AmazonSSM.PutParameter",
         std::string(R"({"Value":"v","Type":"String","Name":")") + name + "\"}");
  const auto names = [&](const std::string& action, const std::string& input) {
    std::string out;
    const auto answer = call("AmazonSSM." + action, input);
    for (const auto& it : answer.at("Parameters").as_array())
      out += std::string(it.at("Name").as_string()) + " ";
    return out;
  };
  EXPECT_EQ(names("GetParametersByPath", R"({"Path":"/a"})"), "/a/1 /a/2 ");
  EXPECT_EQ(names("GetParametersByPath", R"({"Path":"/a/","Recursive":true})"),
            "/a/1 /a/2 /a/b/3 ");
  EXPECT_EQ(names("GetParametersByPath", R"({"Path":"/a","MaxResults":1,"NextToken":"/a/2"})"),
            "/a/2 ");
  EXPECT_EQ(
      names("DescribeParameters",
            R"({"ParameterFilters":[{"Key":"Name","Option":"BeginsWith","Values":["/a/b"]}]})"),
      "/a/b/3 ");
  play("AmazonSSM",
       {{"GetParametersByPath", R"({"Path":"a"})", R"({"__type":"ValidationException"})"},
        {"DescribeParameters", R"({"ParameterFilters":[{"Key":"Mood","Values":["x"]}]})",
         R"({"__type":"InvalidFilterKey"})"}});
}

}  // namespace
}  // namespace belfry::aws

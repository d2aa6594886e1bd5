#include "aws/secrets_manager.h"

#include "aws/secrets_harness.h"

namespace belfry::aws {
namespace {

using SecretsManagerTest = SecretsHarness;

TEST_F(SecretsManagerTest, MakesReadsAndChanges) {
  play("secretsmanager",
       {{"CreateSecret", R"({"Name":"dev/db","SecretString":"one","Description":"d"})",
         R"({"Name":"dev/db","$A":"ARN","$V1":"VersionId"})"},
        {"GetSecretValue", R"({"SecretId":"dev/db"})",
         R"({"ARN":"$A!","SecretString":"one","VersionId":"$V1!","VersionStages":["AWSCURRENT"],
             "CreatedDate":"*","SecretBinary":null})"},
        {"GetSecretValue", R"({"SecretId":"$A!"})", R"({"SecretString":"one"})"},
        {"CreateSecret", R"({"Name":"dev/db","SecretString":"two"})",
         R"({"__type":"ResourceExistsException",
             "Message":"The operation failed because the secret dev/db already exists."})"},
        {"PutSecretValue", R"({"SecretId":"dev/db","SecretString":"two"})",
         R"({"$V2":"VersionId","VersionStages":["AWSCURRENT"]})"},
        {"GetSecretValue", R"({"SecretId":"dev/db"})", R"({"SecretString":"two"})"},
        {"GetSecretValue", R"({"SecretId":"dev/db","VersionStage":"AWSPREVIOUS"})",
         R"({"SecretString":"one","VersionId":"$V1!"})"},
        {"UpdateSecret", R"({"SecretId":"dev/db","Description":"new"})",
         R"({"Name":"dev/db","VersionId":null})"},
        {"UpdateSecret", R"({"SecretId":"dev/db","SecretBinary":"AAH/"})", R"({"VersionId":"*"})"},
        {"GetSecretValue", R"({"SecretId":"dev/db"})",
         R"({"SecretBinary":"AAH/","SecretString":null})"},
        {"DescribeSecret", R"({"SecretId":"dev/db"})",
         R"({"Description":"new","LastAccessedDate":"*","DeletedDate":null,"Tags":null})"},
        {"ListSecretVersionIds", R"({"SecretId":"dev/db","IncludeDeprecated":true})",
         R"({"Versions":"*"})"}});
  EXPECT_EQ(call("secretsmanager.ListSecretVersionIds", R"({"SecretId":"dev/db"})")
                .at("Versions")
                .as_array()
                .size(),
            2u);
}

TEST_F(SecretsManagerTest, FindsByArnWithAndWithoutItsSuffix) {
  const auto made =
      call("secretsmanager.CreateSecret", R"({"Name":"a-b1c2d3","SecretString":"s"})");
  const std::string arn(made.at("ARN").as_string());
  EXPECT_TRUE(arn.starts_with("arn:aws:secretsmanager:us-east-1:000000000000:secret:a-b1c2d3-"));
  EXPECT_TRUE(secrets->find(arn));
  EXPECT_TRUE(secrets->find(arn.substr(0, arn.size() - 7)));
  EXPECT_FALSE(secrets->find(arn.substr(0, arn.size() - 1) + "!"));
  EXPECT_FALSE(secrets->find(arn.substr(0, arn.size() - 8)));
  EXPECT_FALSE(secrets->find("arn:aws"));
  EXPECT_FALSE(secrets->find("arn:::::"));
}

TEST_F(SecretsManagerTest, RefusesAsAwsDoes) {
  play(
      "secretsmanager",
      {{"CreateSecret", R"({"Name":"Inv Name","SecretString":"x"})",
        R"({"__type":"ValidationException"})"},
       {"CreateSecret", R"({"Name":"a","SecretString":"x","SecretBinary":"eA=="})",
        R"({"__type":"InvalidParameterException"})"},
       {"CreateSecret", R"({"Name":"a","SecretString":"x","ClientRequestToken":"short"})",
        R"({"__type":"InvalidParameterException"})"},
       {"GetSecretValue", R"({"SecretId":"none"})",
        R"({"__type":"ResourceNotFoundException",
             "Message":"Secrets Manager can't find the specified secret."})"},
       {"CreateSecret", R"({"Name":"empty"})", R"({"Name":"empty","VersionId":null})"},
       {"GetSecretValue", R"({"SecretId":"empty"})",
        R"({"Message":"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"})"},
       {"GetSecretValue", R"({"SecretId":"empty","VersionId":"11111111111111111111111111111111"})",
        R"({"Message":"Secrets Manager can't find the specified secret value for VersionId: 11111111111111111111111111111111"})"},
       {"PutSecretValue", R"({"SecretId":"empty"})", R"({"__type":"InvalidRequestException"})"},
       {"RotateSecret", R"({"SecretId":"empty"})", R"({"__type":"UnsupportedOperation"})"},
       {"ListSecrets", R"({"Filters":[{"Key":"colour","Values":["x"]}]})",
        R"({"__type":"ValidationException"})"},
       {"DeleteSecret", R"({"SecretId":"empty","RecoveryWindowInDays":3})",
        R"({"__type":"InvalidParameterException"})"}});
}

TEST_F(SecretsManagerTest, AsksForATokenAndAName) {
  for (const char* action : {"CreateSecret", "UpdateSecret", "PutSecretValue"}) {
    const auto answer = call_as_is(std::string("secretsmanager.") + action,
                                   R"({"Name":"a","SecretId":"a","SecretString":"x"})");
    EXPECT_EQ(answer.at("__type"), "InvalidRequestException") << action;
    EXPECT_EQ(answer.at("Message"),
              "You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  }
  for (const char* action : {"DescribeSecret", "GetSecretValue", "DeleteSecret", "TagResource"})
    EXPECT_EQ(
        call(std::string("secretsmanager.") + action, R"({"SecretId":" a b"})").at("message"),
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
        "following: -/_+=.@!")
        << action;
}

TEST_F(SecretsManagerTest, ShowsAnEmptyListWhereTagsWere) {
  play("secretsmanager",
       {{"CreateSecret", R"({"Name":"a"})", "{}"},
        {"DescribeSecret", R"({"SecretId":"a"})", R"({"Tags":null})"},
        {"TagResource", R"({"SecretId":"a","Tags":[{"Key":"k","Value":"v"}]})", "{}"},
        {"UntagResource", R"({"SecretId":"a","TagKeys":["k"]})", "{}"},
        {"DescribeSecret", R"({"SecretId":"a"})", R"({"Tags":[]})"}});
}

TEST_F(SecretsManagerTest, ANewCurrentVersionEndsWhatWasPending) {
  play("secretsmanager",
       {{"CreateSecret", R"({"Name":"a","SecretString":"1"})", R"({"$V1":"VersionId"})"},
        {"PutSecretValue", R"({"SecretId":"a","SecretString":"2","VersionStages":["AWSPENDING"]})",
         R"({"$V2":"VersionId"})"},
        {"UpdateSecretVersionStage",
         R"({"SecretId":"a","VersionStage":"AWSCURRENT","MoveToVersionId":"$V2!",
             "RemoveFromVersionId":"$V1!"})",
         "{}"},
        {"PutSecretValue", R"({"SecretId":"a","SecretString":"3"})", R"({"$V3":"VersionId"})"},
        {"DescribeSecret", R"({"SecretId":"a"})",
         R"({"VersionIdsToStages":{"$V2!":["AWSPREVIOUS"],"$V3!":["AWSCURRENT"]}})"}});
}

TEST_F(SecretsManagerTest, FiltersDescriptionsByTheirWords) {
  int made = 0;
  for (const char* text : {"a key", "an old key", "akey", "the key"})
    call("secretsmanager.CreateSecret",
         R"({"Name":")" + std::to_string(++made) + R"(","Description":")" + text + "\"}");
  const auto count = [&](const std::string& value) {
    const auto answer =
        call("secretsmanager.ListSecrets",
             R"({"Filters":[{"Key":"description","Values":[")" + value + R"("]}]})");
    return answer.at("SecretList").as_array().size();
  };
  EXPECT_EQ(count("a"), 3u);
  EXPECT_EQ(count("A Key"), 2u);
  EXPECT_EQ(count("!a"), 1u);
  EXPECT_EQ(count("!c"), 4u);
}

TEST_F(SecretsManagerTest, TakesTheSameRequestTwice) {
  const char* put = R"({"SecretId":"a","SecretString":"2",
      "ClientRequestToken":"22222222222222222222222222222222"})";
  play("secretsmanager",
       {{"CreateSecret", R"({"Name":"a","SecretString":"1"})", R"({})"},
        {"PutSecretValue", put, R"({"VersionId":"22222222222222222222222222222222"})"},
        {"PutSecretValue", put, R"({"VersionId":"22222222222222222222222222222222"})"},
        {"PutSecretValue",
         R"({"SecretId":"a","SecretString":"3",
             "ClientRequestToken":"22222222222222222222222222222222"})",
         R"({"__type":"ResourceExistsException"})"}});
}

TEST_F(SecretsManagerTest, MovesStages) {
  play(
      "secretsmanager",
      {{"CreateSecret", R"({"Name":"a","SecretString":"1"})", R"({"$V1":"VersionId"})"},
       {"PutSecretValue",
        R"({"SecretId":"a","SecretString":"2","VersionStages":["AWSPENDING","blue"]})",
        R"({"$V2":"VersionId","VersionStages":["AWSPENDING","blue"]})"},
       {"GetSecretValue", R"({"SecretId":"a"})", R"({"SecretString":"1"})"},
       {"GetSecretValue", R"({"SecretId":"a","VersionId":"$V1!","VersionStage":"blue"})",
        R"({"Message":"You provided a VersionStage that is not associated to the provided VersionId."})"},
       {"UpdateSecretVersionStage",
        R"({"SecretId":"a","VersionStage":"AWSCURRENT","MoveToVersionId":"$V2!"})",
        R"({"__type":"InvalidParameterException"})"},
       {"UpdateSecretVersionStage",
        R"({"SecretId":"a","VersionStage":"AWSCURRENT","MoveToVersionId":"$V2!",
             "RemoveFromVersionId":"$V1!"})",
        R"({"Name":"a"})"},
       {"UpdateSecretVersionStage",
        R"({"SecretId":"a","VersionStage":"AWSPENDING","RemoveFromVersionId":"$V2!"})",
        R"({"Name":"a"})"},
       {"GetSecretValue", R"({"SecretId":"a"})",
        R"({"SecretString":"2","VersionStages":["blue","AWSCURRENT"]})"},
       {"DescribeSecret", R"({"SecretId":"a"})",
        R"({"VersionIdsToStages":{"$V1!":["AWSPREVIOUS"],"$V2!":["blue","AWSCURRENT"]}})"},
       {"UpdateSecretVersionStage",
        R"({"SecretId":"a","VersionStage":"AWSCURRENT","RemoveFromVersionId":"$V2!"})",
        R"({"__type":"InvalidParameterException"})"}});
}

TEST_F(SecretsManagerTest, DeletesAfterItsWindow) {
  const char* marked =
      R"({"__type":"InvalidRequestException","Message":"You can't perform this operation on the secret because it was marked for deletion."})";
  play("secretsmanager",
       {{"CreateSecret", R"({"Name":"a","SecretString":"1"})", R"({"$A":"ARN"})"},
        {"DeleteSecret", R"({"SecretId":"a","RecoveryWindowInDays":7})", R"({"DeletionDate":"*"})"},
        {"GetSecretValue", R"({"SecretId":"a"})", marked},
        {"TagResource", R"({"SecretId":"a","Tags":[{"Key":"k","Value":"v"}]})", marked},
        {"DescribeSecret", R"({"SecretId":"a"})", R"({"DeletedDate":"*"})"},
        {"ListSecrets", "{}", R"({"SecretList":[]})"},
        {"CreateSecret", R"({"Name":"a","SecretString":"2"})",
         R"({"__type":"InvalidRequestException"})"},
        {"RestoreSecret", R"({"SecretId":"a"})", R"({"ARN":"$A!"})"},
        {"GetSecretValue", R"({"SecretId":"a"})", R"({"SecretString":"1"})"},
        {"DeleteSecret", R"({"SecretId":"a","RecoveryWindowInDays":7})",
         R"({"DeletionDate":"*"})"}});
  disk.clock.advance(std::chrono::hours(24 * 7));
  play("secretsmanager",
       {{"DescribeSecret", R"({"SecretId":"a"})", R"({"__type":"ResourceNotFoundException"})"},
        {"CreateSecret", R"({"Name":"a","SecretString":"new"})", R"({"VersionId":"*"})"},
        {"DeleteSecret", R"({"SecretId":"a","ForceDeleteWithoutRecovery":true})",
         R"({"DeletionDate":"*"})"},
        {"DeleteSecret", R"({"SecretId":"a","ForceDeleteWithoutRecovery":true})",
         R"({"DeletionDate":"*"})"},
        {"DeleteSecret", R"({"SecretId":"a"})", R"({"__type":"ResourceNotFoundException"})"}});
  for (const auto& [key, value] : disk.store->list("secret")) FAIL() << key;
}

TEST_F(SecretsManagerTest, ListsSecretsOfOneMillisecondInOneOrderAndItsReverse) {
  for (const char* name : {"b", "c", "a"})
    call("secretsmanager.CreateSecret", std::string(R"({"Name":")") + name + "\"}");
  const auto names = [&](const std::string& input) {
    std::string out;
    const auto answer = call("secretsmanager.ListSecrets", input);
    for (const auto& it : answer.at("SecretList").as_array()) out += it.at("Name").as_string();
    return out;
  };
  EXPECT_EQ(names(R"({"SortOrder":"asc"})"), "abc");
  EXPECT_EQ(names(R"({"SortOrder":"desc"})"), "cba");
  EXPECT_EQ(names("{}"), "cba");
}

TEST_F(SecretsManagerTest, ListsByFiltersInPages) {
  for (const char* name : {"dev/a", "dev/b", "prod/a"}) {
    call("secretsmanager.CreateSecret",
         std::string(R"({"SecretString":"x","Tags":[{"Key":"env","Value":"t"}],"Name":")") + name +
             "\"}");
    disk.clock.advance(std::chrono::seconds(1));
  }
  const auto names = [&](const std::string& input) {
    std::string out;
    const auto answer = call("secretsmanager.ListSecrets", input);
    for (const auto& it : answer.at("SecretList").as_array())
      out += std::string(it.at("Name").as_string()) + " ";
    return out;
  };
  EXPECT_EQ(names("{}"), "prod/a dev/b dev/a ");
  EXPECT_EQ(names(R"({"SortOrder":"asc"})"), "dev/a dev/b prod/a ");
  EXPECT_EQ(names(R"({"Filters":[{"Key":"name","Values":["dev/"]}]})"), "dev/b dev/a ");
  EXPECT_EQ(names(R"({"Filters":[{"Key":"name","Values":["!dev/"]}]})"), "prod/a ");
  EXPECT_EQ(
      names(R"({"Filters":[{"Key":"tag-key","Values":["env"]},{"Key":"all","Values":["PROD"]}]})"),
      "prod/a ");
  const auto first = call("secretsmanager.ListSecrets", R"({"MaxResults":2})");
  EXPECT_EQ(first.at("SecretList").as_array().size(), 2u);
  EXPECT_EQ(names(R"({"MaxResults":2,"NextToken":")" +
                  std::string(first.at("NextToken").as_string()) + "\"}"),
            "dev/a ");
  play("secretsmanager",
       {{"BatchGetSecretValue", R"({"SecretIdList":["dev/a","none"]})",
         R"({"Errors":[{"SecretId":"none","ErrorCode":"ResourceNotFoundException",
             "Message":"Secrets Manager can't find the specified secret."}]})"},
        {"BatchGetSecretValue", R"({"Filters":[{"Key":"name","Values":["dev"]}],"MaxResults":1})",
         R"({"NextToken":"dev/a"})"},
        {"BatchGetSecretValue", "{}", R"({"__type":"InvalidRequestException"})"}});
}

TEST_F(SecretsManagerTest, KeepsTagsAndPolicies) {
  play("secretsmanager",
       {{"CreateSecret", R"({"Name":"a"})", "{}"},
        {"TagResource",
         R"({"SecretId":"a","Tags":[{"Key":"x","Value":"1"},{"Key":"y","Value":"2"}]})",
         R"({"__type":null})"},
        {"TagResource", R"({"SecretId":"a","Tags":[{"Key":"x","Value":"3"}]})",
         R"({"__type":null})"},
        {"UntagResource", R"({"SecretId":"a","TagKeys":["y"]})", R"({"__type":null})"},
        {"DescribeSecret", R"({"SecretId":"a"})", R"({"Tags":[{"Key":"x","Value":"3"}]})"},
        {"GetResourcePolicy", R"({"SecretId":"a"})", R"({"Name":"a","ResourcePolicy":null})"},
        {"PutResourcePolicy", R"({"SecretId":"a","ResourcePolicy":"{"})",
         R"({"__type":"MalformedPolicyDocumentException"})"},
        {"PutResourcePolicy", R"({"SecretId":"a","ResourcePolicy":"{\"Statement\":[]}"})",
         R"({"Name":"a"})"},
        {"ValidateResourcePolicy", R"({"ResourcePolicy":"{\"Statement\":[]}"})",
         R"({"PolicyValidationPassed":true})"},
        {"GetResourcePolicy", R"({"SecretId":"a"})", R"({"ResourcePolicy":"{\"Statement\":[]}"})"},
        {"DeleteResourcePolicy", R"({"SecretId":"a"})", R"({"Name":"a"})"}});
}

TEST_F(SecretsManagerTest, MakesPasswords) {
  const auto password = [&](const std::string& input) {
    const auto answer = call("secretsmanager.GetRandomPassword", input);
    return answer.contains("RandomPassword") ? std::string(answer.at("RandomPassword").as_string())
                                             : std::string("-");
  };
  EXPECT_EQ(password("{}").size(), 32u);
  EXPECT_NE(password("{}"), password("{}"));
  const std::string four = password(R"({"PasswordLength":4})");
  EXPECT_NE(four.find_first_of("0123456789"), std::string::npos) << four;
  EXPECT_EQ(password(R"({"PasswordLength":3})"), "-");
  EXPECT_EQ(password(R"({"PasswordLength":5000})"), "-");
  const std::string digits = password(
      R"({"PasswordLength":200,"ExcludePunctuation":true,"ExcludeLowercase":true,"ExcludeUppercase":true,"ExcludeCharacters":"01"})");
  EXPECT_EQ(digits.find_first_not_of("23456789"), std::string::npos) << digits;
}

TEST_F(SecretsManagerTest, OutlivesARestartAndShowsNothingOnTheDisk) {
  call("secretsmanager.CreateSecret", R"({"Name":"a","SecretString":"sesame-open-now"})");
  reopen();
  EXPECT_EQ(secrets->current("a").value(), "sesame-open-now");
  const auto names = disk.files.list("data").value();
  EXPECT_FALSE(names.empty());
  for (const auto& name : names) {
    const auto bytes = read_whole(disk.files, "data/" + name, uint64_t{1} << 30);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(bytes->find("sesame"), std::string::npos) << name;
  }
}

TEST_F(SecretsManagerTest, SaysThatTheMasterKeyIsAnother) {
  ASSERT_TRUE(check_master_key(*disk.store, key));
  call("secretsmanager.CreateSecret", R"({"Name":"a","SecretString":"1"})");
  const MasterKey right = key;
  key = MasterKey::make(*random);
  reopen();
  const auto checked = check_master_key(*disk.store, key);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find(right.id()), std::string::npos) << checked.error().message;
  play("secretsmanager",
       {{"GetSecretValue", R"({"SecretId":"a"})", R"({"__type":"DecryptionFailure"})"}});
}

TEST_F(SecretsManagerTest, StsSaysWhoCalls) {
  http::ServerRequest request;
  request.body = "Action=GetCallerIdentity&Version=2011-06-15";
  EXPECT_NE(ask(std::move(request))
                .body.find("<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn>"
                           "<UserId>000000000000</UserId><Account>000000000000</Account>"),
            std::string::npos);
}

}  // namespace
}  // namespace belfry::aws

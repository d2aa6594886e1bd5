#include "aws/secrets_manager.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"
#include "aws/secrets_actions.h"

namespace belfry::aws {

namespace {

using Run = Answer (*)(SecretsStore&, const boost::json::object&, const Caller&);

Shape tags() {
  return list(structure({{"Key", scalar()}, {"Value", scalar()}}));
}
Shape filters() {
  return list(structure({{"Key", scalar()}, {"Values", list(scalar())}}));
}

// Fields that Secrets Manager's inputs share, whichever an action has.
Shape any_input() {
  return structure({{"SecretId", scalar()},
                    {"Name", scalar()},
                    {"Description", scalar()},
                    {"KmsKeyId", scalar()},
                    {"ClientRequestToken", scalar()},
                    {"SecretString", scalar()},
                    {"SecretBinary", scalar()},
                    {"VersionId", scalar()},
                    {"VersionStage", scalar()},
                    {"VersionStages", list(scalar())},
                    {"MoveToVersionId", scalar()},
                    {"RemoveFromVersionId", scalar()},
                    {"SecretIdList", list(scalar())},
                    {"Tags", tags()},
                    {"TagKeys", list(scalar())},
                    {"Filters", filters()},
                    {"ResourcePolicy", scalar()},
                    {"MaxResults", integer()},
                    {"NextToken", scalar()},
                    {"SortOrder", scalar()},
                    {"IncludePlannedDeletion", boolean()},
                    {"IncludeDeprecated", boolean()},
                    {"ForceDeleteWithoutRecovery", boolean()},
                    {"RecoveryWindowInDays", integer()},
                    {"PasswordLength", integer()},
                    {"ExcludeCharacters", scalar()},
                    {"ExcludeLowercase", boolean()},
                    {"ExcludeUppercase", boolean()},
                    {"ExcludeNumbers", boolean()},
                    {"ExcludePunctuation", boolean()},
                    {"IncludeSpace", boolean()},
                    {"RequireEachIncludedType", boolean()}});
}

// The secret's own ARN where it is there; else one of that name, so that a policy for a name with
// a wildcard behind it holds before the secret is made.
std::string resource_of(SecretsStore& secrets, const boost::json::object& input,
                        const Caller& caller) {
  auto name = text_field(input, "SecretId");
  if (!name) name = text_field(input, "Name");
  if (!name) return "*";
  if (const auto secret = secrets.find(*name)) return secret->arn;
  if (name->starts_with("arn:")) return *name;
  return fmt::format("arn:aws:secretsmanager:{}:{}:secret:{}-??????", caller.region, caller.account,
                     *name);
}

// Clients make a token up themselves, so that a request sent twice is done once.
constexpr std::string_view kWithToken[] = {"CreateSecret", "UpdateSecret", "PutSecretValue"};

Fault without_token() {
  return secrets::invalid_request(
      "You must provide a ClientRequestToken value. We recommend a UUID-type value.");
}

}  // namespace

Service secrets_manager(SecretsStore& store) {
  using namespace secrets;
  Service service;
  service.name = "secretsmanager";
  service.json_prefix = "secretsmanager";
  service.json_version = "1.1";
  service.capital_message = true;
  const std::pair<const char*, Run> actions[] = {
      {"CreateSecret", create_secret},
      {"UpdateSecret", update_secret},
      {"DeleteSecret", delete_secret},
      {"RestoreSecret", restore_secret},
      {"TagResource", tag_resource},
      {"UntagResource", untag_resource},
      {"GetSecretValue", get_secret_value},
      {"PutSecretValue", put_secret_value},
      {"BatchGetSecretValue", batch_get_secret_value},
      {"UpdateSecretVersionStage", update_secret_version_stage},
      {"DescribeSecret", describe_secret},
      {"ListSecrets", list_secrets},
      {"ListSecretVersionIds", list_secret_version_ids},
      {"GetResourcePolicy", get_resource_policy},
      {"PutResourcePolicy", put_resource_policy},
      {"DeleteResourcePolicy", delete_resource_policy},
      {"ValidateResourcePolicy", validate_resource_policy},
      {"GetRandomPassword", get_random_password},
  };
  for (const auto& [name, run] : actions) {
    Action action;
    action.input = any_input();
    const bool token = std::ranges::find(kWithToken, name) != std::end(kWithToken);
    action.run = [&store, run = run, token](boost::json::object input, const Caller& caller,
                                            Callback<Answer> done) {
      if (token && !input.contains("ClientRequestToken")) return done(without_token());
      auto answer = [&] {
        const auto guard = store.lock();
        return run(store, input, caller);
      }();
      done(std::move(answer));
    };
    action.resource = [&store](const boost::json::object& input, const Caller& caller) {
      return resource_of(store, input, caller);
    };
    service.actions.emplace(name, std::move(action));
  }
  return service;
}

}  // namespace belfry::aws

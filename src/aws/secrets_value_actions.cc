#include <fmt/format.h>

#include "aws/json_fields.h"
#include "aws/secrets_actions.h"
#include "base/bytes.h"

namespace belfry::aws::secrets {

namespace {

namespace json = boost::json;

constexpr size_t kMostBatch = 20;

json::array stages_of(const SecretVersion& version) {
  return json::array(version.stages.begin(), version.stages.end());
}

// The version that VersionId or VersionStage names.
std::variant<SecretVersion*, Fault> wanted(SecretRecord& secret, const Input& input) {
  const auto id = text_field(input, "VersionId");
  const auto stage = text_field(input, "VersionStage");
  const auto missing = [](std::string_view by, std::string_view what) {
    return Fault{
        "ResourceNotFoundException", "",
        fmt::format("Secrets Manager can't find the specified secret value for {}: {}", by, what)};
  };
  if (id) {
    SecretVersion* version = secret.version(*id);
    if (!version) return missing("VersionId", *id);
    if (stage && !version->has(*stage))
      return invalid_request(
          "You provided a VersionStage that is not associated to the provided VersionId.");
    return version;
  }
  SecretVersion* version = secret.staged(stage.value_or(std::string(kCurrent)));
  if (!version) return missing("staging label", stage.value_or(std::string(kCurrent)));
  return version;
}

Answer value_answer(SecretsStore& store, SecretRecord& secret, const Input& input) {
  auto found = wanted(secret, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  const SecretVersion& version = *std::get<SecretVersion*>(found);
  auto value = store.value(secret, version.id);
  if (!value)
    return Fault{
        "DecryptionFailure", "",
        "Secrets Manager can't decrypt the protected secret text: " + value.error().message};
  auto answer = name_of(secret);
  answer["CreatedDate"] = seconds(version.created);
  answer["VersionId"] = version.id;
  answer["VersionStages"] = stages_of(version);
  if (value->binary)
    answer["SecretBinary"] = base64(value->bytes);
  else
    answer["SecretString"] = value->bytes;
  wipe(value->bytes);
  store.accessed(secret, version.id);
  return answer;
}

}  // namespace

Answer get_secret_value(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  return value_answer(store, std::get<SecretRecord>(found), input);
}

Answer put_secret_value(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  auto value = given_value(input);
  if (auto* fault = std::get_if<Fault>(&value)) return *fault;
  auto& given = std::get<std::optional<SecretValue>>(value);
  if (!given) return invalid_request("You must provide either SecretString or SecretBinary.");
  auto stages = texts_field(input, "VersionStages");
  if (stages.empty()) stages = {std::string(kCurrent)};
  auto version = add_version(store, secret, input, *given, stages);
  wipe(given->bytes);
  if (auto* fault = std::get_if<Fault>(&version)) return *fault;
  auto answer = name_of(secret);
  answer["VersionId"] = std::get<std::string>(version);
  answer["VersionStages"] = stages_of(*secret.version(std::get<std::string>(version)));
  return answer;
}

Answer batch_get_secret_value(SecretsStore& store, const Input& input, const Caller&) {
  const auto ids = texts_field(input, "SecretIdList");
  const bool filters = input.contains("Filters");
  if (ids.empty() == !filters)
    return invalid_request("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
  if (ids.size() > kMostBatch)
    return invalid_parameter(
        fmt::format("SecretIdList can contain at most {} secrets.", kMostBatch));
  json::array values, errors;
  const auto add = [&](const std::string& id) {
    auto answer = get_secret_value(store, {{"SecretId", id}}, {});
    if (auto* fault = std::get_if<Fault>(&answer))
      errors.push_back({{"SecretId", id}, {"ErrorCode", fault->code}, {"Message", fault->message}});
    else
      values.push_back(std::move(std::get<json::object>(answer)));
  };
  for (const std::string& id : ids) add(id);
  json::object answer;
  if (filters) {
    auto secrets = filtered(store, input);
    if (auto* fault = std::get_if<Fault>(&secrets)) return *fault;
    const auto most = number_field(input, "MaxResults").value_or(kMostBatch);
    const auto token = text_field(input, "NextToken");
    for (const SecretRecord& secret : std::get<std::vector<SecretRecord>>(secrets)) {
      if (secret.deleted || (token && secret.name <= *token)) continue;
      if (static_cast<int64_t>(values.size() + errors.size()) == most) {
        answer["NextToken"] =
            values.empty() ? secret.name : std::string(values.back().at("Name").as_string());
        break;
      }
      add(secret.name);
    }
  }
  answer["SecretValues"] = std::move(values);
  answer["Errors"] = std::move(errors);
  return answer;
}

Answer update_secret_version_stage(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  const auto stage = text_field(input, "VersionStage");
  const auto to = text_field(input, "MoveToVersionId");
  const auto from = text_field(input, "RemoveFromVersionId");
  if (!stage || stage->empty()) return invalid_parameter("You must provide a VersionStage.");
  const auto unknown = [&](const std::optional<std::string>& id) {
    return id && !secret.version(*id);
  };
  for (const auto& id : {to, from})
    if (unknown(id))
      return Fault{"ResourceNotFoundException", "",
                   fmt::format("Secrets Manager can't find the specified secret value for "
                               "VersionId: {}",
                               *id)};
  const SecretVersion* holder = secret.staged(*stage);
  if (from && (!holder || holder->id != *from))
    return invalid_parameter(
        fmt::format("Staging label {} is not attached to version {}.", *stage, *from));
  if (to && holder && holder->id != *to && !from)
    return invalid_parameter(fmt::format(
        "The parameter RemoveFromVersionId can't be empty. Staging label {} is currently attached "
        "to version {}, so you must explicitly reference that version in RemoveFromVersionId.",
        *stage, holder->id));
  if (!to && *stage == kCurrent)
    return invalid_parameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can't be "
        "completely removed.");
  if (to)
    secret.stage(*stage, *secret.version(*to));
  else
    secret.unstage(*stage);
  secret.changed = store.now();
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  return name_of(secret);
}

}  // namespace belfry::aws::secrets

#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"
#include "aws/secrets_actions.h"
#include "base/bytes.h"

namespace belfry::aws::secrets {

namespace {

constexpr size_t kMostBytes = 65'536;  // of a value
constexpr size_t kMostStages = 20;     // of a version
constexpr size_t kMostName = 512;

}  // namespace

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-/_+=.@!").find(c) != std::string_view::npos;
  });
}
Fault bad_name() {
  return {"ValidationException", "",
          "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
          "following: -/_+=.@!"};
}

Fault invalid_parameter(std::string message) {
  return {"InvalidParameterException", "", std::move(message)};
}
Fault invalid_request(std::string message) {
  return {"InvalidRequestException", "", std::move(message)};
}
Fault not_found() {
  return {"ResourceNotFoundException", "", "Secrets Manager can't find the specified secret."};
}
Fault internal(const Error& error) {
  return {"InternalServiceError", "", error.message, 500, false};
}

std::variant<SecretRecord, Fault> named(SecretsStore& store, const Input& input) {
  const auto id = text_field(input, "SecretId");
  if (!id || id->empty())
    return Fault{"ValidationException", "",
                 "1 validation error detected: Value at 'secretId' failed to satisfy constraint: "
                 "Member must not be null"};
  if (!id->starts_with("arn:") && !good_name(*id)) return bad_name();
  auto secret = store.find(*id);
  if (!secret) return not_found();
  return std::move(*secret);
}

std::variant<SecretRecord, Fault> usable(SecretsStore& store, const Input& input) {
  auto secret = named(store, input);
  if (auto* it = std::get_if<SecretRecord>(&secret); it && it->deleted)
    return invalid_request(
        "You can't perform this operation on the secret because it was marked for deletion.");
  return secret;
}

boost::json::object name_of(const SecretRecord& secret) {
  return {{"ARN", secret.arn}, {"Name", secret.name}};
}

double seconds(int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

std::variant<std::optional<SecretValue>, Fault> given_value(const Input& input) {
  auto text = text_field(input, "SecretString");
  const auto binary = text_field(input, "SecretBinary");
  if (text && binary)
    return invalid_parameter(
        "You can't specify both a binary secret value and a string secret value in the same "
        "secret.");
  std::optional<SecretValue> value;
  if (text) value = SecretValue{false, std::move(*text)};
  if (binary) {
    auto bytes = unbase64(*binary);
    if (!bytes) return Fault{"SerializationException", "", "SecretBinary is not in base64"};
    value = SecretValue{true, std::move(*bytes)};
  }
  if (value && value->bytes.size() > kMostBytes)
    return Fault{"ValidationException", "",
                 fmt::format("1 validation error detected: Value at '{}' failed to satisfy "
                             "constraint: Member must have length less than or equal to {}",
                             value->binary ? "secretBinary" : "secretString", kMostBytes)};
  return value;
}

std::variant<std::string, Fault> add_version(SecretsStore& store, SecretRecord& secret,
                                             const Input& input, const SecretValue& value,
                                             const std::vector<std::string>& stages) {
  const auto token = text_field(input, "ClientRequestToken");
  if (token && (token->size() < 32 || token->size() > 64))
    return invalid_parameter("ClientRequestToken must be 32-64 characters long.");
  if (stages.size() > kMostStages)
    return Fault{"LimitExceededException", "",
                 fmt::format("A version can have at most {} staging labels.", kMostStages)};
  const std::string id = token ? *token : store.random().uuid();
  if (const SecretVersion* there = secret.version(id)) {
    auto before = store.value(secret, there->id);
    if (!before) return internal(before.error());
    if (*before != value)
      return Fault{"ResourceExistsException", "",
                   fmt::format("You can't use ClientRequestToken {} because that value is already "
                               "in use for a version of secret {}.",
                               id, secret.arn)};
    return id;
  }
  secret.versions.push_back({id, store.now(), 0, {}});
  for (const std::string& stage : stages) secret.stage(stage, *secret.version(id));
  secret.changed = store.now();
  // The first value is the current one, whatever it is called.
  if (!secret.staged(kCurrent)) secret.stage(kCurrent, *secret.version(id));
  if (auto saved = store.save(secret, id, &value); !saved) return internal(saved.error());
  return id;
}

}  // namespace belfry::aws::secrets

#include "aws/secrets_actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/json_fields.h"

namespace belfry::aws::secrets {

namespace {

constexpr size_t kMostTags = 50;
constexpr int64_t kDay = 86'400'000;

// Six letters and digits behind the name tell a secret from an earlier one of that name.
std::string arn_for(SecretsStore& store, std::string_view name, const Caller& caller) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string suffix;
  for (int i = 0; i < 6; ++i) suffix += kLetters[store.random().below(kLetters.size())];
  return fmt::format("arn:aws:secretsmanager:{}:{}:secret:{}-{}", caller.region, caller.account,
                     name, suffix);
}

std::optional<Fault> add_tags(SecretRecord& secret, const Input& input) {
  const auto* tags = list_field(input, "Tags");
  if (!tags) return {};
  secret.tagged = true;
  for (const auto& tag : *tags) {
    if (!tag.is_object()) continue;
    const auto key = text_field(tag.get_object(), "Key");
    if (!key || key->empty()) return invalid_parameter("A tag must have a key.");
    if (key->starts_with("aws:"))
      return invalid_parameter("Tag keys that begin with aws: are reserved for system use.");
    const std::string value = text_field(tag.get_object(), "Value").value_or("");
    const auto found =
        std::ranges::find(secret.tags, *key, &std::pair<std::string, std::string>::first);
    if (found == secret.tags.end())
      secret.tags.emplace_back(*key, value);
    else
      found->second = value;
  }
  if (secret.tags.size() > kMostTags)
    return Fault{"LimitExceededException", "",
                 fmt::format("A secret can have at most {} tags.", kMostTags)};
  return {};
}

}  // namespace

Answer create_secret(SecretsStore& store, const Input& input, const Caller& caller) {
  const std::string name = text_field(input, "Name").value_or("");
  if (!good_name(name)) return bad_name();
  auto value = given_value(input);
  if (auto* fault = std::get_if<Fault>(&value)) return *fault;
  auto& given = std::get<std::optional<SecretValue>>(value);
  if (auto there = store.find(name)) {
    if (there->deleted)
      return invalid_request(
          "You can't create this secret because a secret with this name is already scheduled for "
          "deletion.");
    // The same request again, from a client that did not hear the answer.
    const auto token = text_field(input, "ClientRequestToken");
    if (token && given && there->version(*token)) {
      const auto before = store.value(*there, *token);
      if (before && *before == *given) {
        auto answer = name_of(*there);
        answer["VersionId"] = *token;
        return answer;
      }
    }
    return Fault{"ResourceExistsException", "",
                 fmt::format("The operation failed because the secret {} already exists.", name)};
  }
  SecretRecord secret;
  secret.name = name;
  secret.arn = arn_for(store, name, caller);
  secret.description = text_field(input, "Description").value_or("");
  secret.kms_key = text_field(input, "KmsKeyId").value_or("");
  secret.created = secret.changed = store.now();
  if (auto fault = add_tags(secret, input)) return *fault;
  auto answer = name_of(secret);
  if (!given) {
    if (auto saved = store.save(secret); !saved) return internal(saved.error());
    return answer;
  }
  auto version = add_version(store, secret, input, *given, {std::string(kCurrent)});
  wipe(given->bytes);
  if (auto* fault = std::get_if<Fault>(&version)) return *fault;
  answer["VersionId"] = std::get<std::string>(version);
  return answer;
}

Answer update_secret(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  auto value = given_value(input);
  if (auto* fault = std::get_if<Fault>(&value)) return *fault;
  auto& given = std::get<std::optional<SecretValue>>(value);
  if (auto description = text_field(input, "Description")) secret.description = *description;
  if (auto key = text_field(input, "KmsKeyId")) secret.kms_key = *key;
  secret.changed = store.now();
  auto answer = name_of(secret);
  if (!given) {
    if (auto saved = store.save(secret); !saved) return internal(saved.error());
    return answer;
  }
  auto version = add_version(store, secret, input, *given, {std::string(kCurrent)});
  wipe(given->bytes);
  if (auto* fault = std::get_if<Fault>(&version)) return *fault;
  answer["VersionId"] = std::get<std::string>(version);
  return answer;
}

Answer delete_secret(SecretsStore& store, const Input& input, const Caller& caller) {
  const bool force = flag_field(input, "ForceDeleteWithoutRecovery");
  const auto days = number_field(input, "RecoveryWindowInDays");
  if (force && days)
    return invalid_parameter(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  if (days && (*days < 7 || *days > 30))
    return invalid_parameter(
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  auto found = named(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) {
    if (!force || fault->code != "ResourceNotFoundException") return *fault;
    const std::string name = text_field(input, "SecretId").value_or("");
    return boost::json::object{
        {"ARN", name.starts_with("arn:") ? name : arn_for(store, name, caller)},
        {"Name", name},
        {"DeletionDate", seconds(store.now())}};
  }
  auto& secret = std::get<SecretRecord>(found);
  auto answer = name_of(secret);
  if (force) {
    if (auto erased = store.erase(secret); !erased) return internal(erased.error());
    answer["DeletionDate"] = seconds(store.now());
    return answer;
  }
  if (secret.deleted)
    return invalid_request(
        "You can't perform this operation on the secret because it was already scheduled for "
        "deletion.");
  secret.deleted = store.now();
  secret.ends = secret.deleted + days.value_or(30) * kDay;
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  answer["DeletionDate"] = seconds(secret.ends);
  return answer;
}

Answer restore_secret(SecretsStore& store, const Input& input, const Caller&) {
  auto found = named(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  secret.deleted = secret.ends = 0;
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  return name_of(secret);
}

Answer tag_resource(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  if (auto fault = add_tags(secret, input)) return *fault;
  secret.changed = store.now();
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  return boost::json::object();
}

Answer untag_resource(SecretsStore& store, const Input& input, const Caller&) {
  auto found = usable(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secret = std::get<SecretRecord>(found);
  for (const std::string& key : texts_field(input, "TagKeys"))
    std::erase_if(secret.tags, [&](const auto& tag) { return tag.first == key; });
  secret.changed = store.now();
  if (auto saved = store.save(secret); !saved) return internal(saved.error());
  return boost::json::object();
}

}  // namespace belfry::aws::secrets

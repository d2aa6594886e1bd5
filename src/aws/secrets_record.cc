#include "aws/secrets_record.h"

#include <boost/json.hpp>

namespace belfry::aws {
namespace {

namespace json = boost::json;

std::string text(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}
int64_t number(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found && found->is_int64() ? found->get_int64() : 0;
}
json::array list(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found && found->is_array() ? found->get_array() : json::array();
}

}  // namespace

std::string encode_secret(const SecretRecord& secret) {
  json::array versions, tags;
  for (const SecretVersion& version : secret.versions)
    versions.push_back({{"id", version.id},
                        {"created", version.created},
                        {"accessed", version.accessed},
                        {"stages", json::array(version.stages.begin(), version.stages.end())}});
  for (const auto& [key, value] : secret.tags) tags.push_back(json::array{key, value});
  return json::serialize(json::object{{"format", 1},
                                      {"name", secret.name},
                                      {"arn", secret.arn},
                                      {"description", secret.description},
                                      {"kms_key", secret.kms_key},
                                      {"policy", secret.policy},
                                      {"created", secret.created},
                                      {"changed", secret.changed},
                                      {"accessed", secret.accessed},
                                      {"rotated", secret.rotated},
                                      {"deleted", secret.deleted},
                                      {"ends", secret.ends},
                                      {"tags", std::move(tags)},
                                      {"tagged", secret.tagged},
                                      {"versions", std::move(versions)}});
}

std::optional<SecretRecord> decode_secret(std::string_view bytes) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(bytes.data(), bytes.size()), error);
  if (error || !parsed.is_object()) return {};
  const json::object& from = parsed.get_object();
  if (number(from, "format") != 1) return {};
  SecretRecord secret;
  secret.name = text(from, "name");
  secret.arn = text(from, "arn");
  secret.description = text(from, "description");
  secret.kms_key = text(from, "kms_key");
  secret.policy = text(from, "policy");
  secret.created = number(from, "created");
  secret.changed = number(from, "changed");
  secret.accessed = number(from, "accessed");
  secret.rotated = number(from, "rotated");
  secret.deleted = number(from, "deleted");
  secret.ends = number(from, "ends");
  for (const auto& tag : list(from, "tags"))
    if (const auto* pair = tag.if_array();
        pair && pair->size() == 2 && (*pair)[0].is_string() && (*pair)[1].is_string())
      secret.tags.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
  const auto* tagged = from.if_contains("tagged");
  secret.tagged = !secret.tags.empty() || (tagged && tagged->is_bool() && tagged->get_bool());
  for (const auto& it : list(from, "versions")) {
    if (!it.is_object()) continue;
    SecretVersion version;
    version.id = text(it.get_object(), "id");
    version.created = number(it.get_object(), "created");
    version.accessed = number(it.get_object(), "accessed");
    for (const auto& stage : list(it.get_object(), "stages"))
      if (stage.is_string()) version.stages.emplace_back(stage.get_string());
    secret.versions.push_back(std::move(version));
  }
  return secret;
}

}  // namespace belfry::aws

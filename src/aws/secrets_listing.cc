#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "aws/json_fields.h"
#include "aws/secrets_actions.h"

namespace belfry::aws::secrets {

namespace {

namespace json = boost::json;

json::array tags_of(const SecretRecord& secret) {
  json::array tags;
  for (const auto& [key, value] : secret.tags) tags.push_back({{"Key", key}, {"Value", value}});
  return tags;
}

// What ListSecrets and DescribeSecret both say. `stages`: the name they give the versions.
json::object facts(const SecretRecord& secret, std::string_view stages) {
  auto out = name_of(secret);
  if (!secret.description.empty()) out["Description"] = secret.description;
  if (!secret.kms_key.empty()) out["KmsKeyId"] = secret.kms_key;
  out["CreatedDate"] = seconds(secret.created);
  out["LastChangedDate"] = seconds(secret.changed);
  if (secret.accessed) out["LastAccessedDate"] = seconds(secret.accessed);
  if (secret.rotated) out["LastRotatedDate"] = seconds(secret.rotated);
  if (secret.deleted) out["DeletedDate"] = seconds(secret.deleted);
  if (secret.tagged) out["Tags"] = tags_of(secret);
  json::object versions;
  for (const SecretVersion& version : secret.versions)
    if (!version.stages.empty())
      versions[version.id] = json::array(version.stages.begin(), version.stages.end());
  if (!versions.empty()) out[stages] = std::move(versions);
  return out;
}

bool same_letters(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}
bool begins(std::string_view text, std::string_view with, bool exact) {
  if (exact) return text.starts_with(with);
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(), same_letters);
}
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}
// It is somewhere in the text: what the filter `all` looks for.
bool mentions(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same_letters) !=
         text.end();
}

using Test = bool (*)(const SecretRecord& secret, std::string_view value);

bool by_name(const SecretRecord& secret, std::string_view value) {
  return begins(secret.name, value, true);
}
// Each word of the value begins a word of the description.
bool by_description(const SecretRecord& secret, std::string_view value) {
  const auto words = words_of(secret.description);
  return std::ranges::all_of(words_of(value), [&](std::string_view wanted) {
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return begins(word, wanted, false); });
  });
}
bool by_tag_key(const SecretRecord& secret, std::string_view value) {
  return std::ranges::any_of(secret.tags,
                             [&](const auto& tag) { return begins(tag.first, value, true); });
}
bool by_tag_value(const SecretRecord& secret, std::string_view value) {
  return std::ranges::any_of(secret.tags,
                             [&](const auto& tag) { return begins(tag.second, value, true); });
}
// Neither replication nor services of AWS's own own a secret here.
bool by_nothing(const SecretRecord&, std::string_view) {
  return false;
}
bool by_all(const SecretRecord& secret, std::string_view value) {
  if (mentions(secret.name, value) || mentions(secret.description, value)) return true;
  return std::ranges::any_of(secret.tags, [&](const auto& tag) {
    return mentions(tag.first, value) || mentions(tag.second, value);
  });
}

Test test_of(std::string_view key) {
  if (key == "name") return by_name;
  if (key == "description") return by_description;
  if (key == "tag-key") return by_tag_key;
  if (key == "tag-value") return by_tag_value;
  if (key == "primary-region" || key == "owning-service") return by_nothing;
  if (key == "all") return by_all;
  return nullptr;
}

constexpr int64_t kPage = 100;

}  // namespace

std::variant<std::vector<SecretRecord>, Fault> filtered(SecretsStore& store, const Input& input) {
  auto secrets = store.all();
  const auto* filters = list_field(input, "Filters");
  if (!filters) return secrets;
  for (const auto& filter : *filters) {
    if (!filter.is_object()) continue;
    const std::string key = text_field(filter.get_object(), "Key").value_or("");
    const auto values = texts_field(filter.get_object(), "Values");
    const Test test = test_of(key);
    if (!test)
      return Fault{
          "ValidationException", "",
          fmt::format("1 validation error detected: Value '{}' at 'filters.1.member.key' failed "
                      "to satisfy constraint: Member must satisfy enum value set: [all, name, "
                      "tag-key, description, tag-value, primary-region, owning-service]",
                      key)};
    if (values.empty()) return invalid_parameter("You must provide a value for each filter.");
    std::erase_if(secrets, [&](const SecretRecord& secret) {
      // Any of the values; one that begins with ! excludes.
      return std::ranges::none_of(values, [&](const std::string& value) {
        return value.starts_with('!') ? !test(secret, std::string_view(value).substr(1))
                                      : test(secret, value);
      });
    });
  }
  return secrets;
}

Answer describe_secret(SecretsStore& store, const Input& input, const Caller&) {
  auto found = named(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  return facts(std::get<SecretRecord>(found), "VersionIdsToStages");
}

Answer list_secrets(SecretsStore& store, const Input& input, const Caller&) {
  auto found = filtered(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  auto& secrets = std::get<std::vector<SecretRecord>>(found);
  if (!flag_field(input, "IncludePlannedDeletion"))
    std::erase_if(secrets, [](const SecretRecord& secret) { return secret.deleted != 0; });
  const int64_t most = number_field(input, "MaxResults").value_or(kPage);
  if (most < 1 || most > kPage)
    return invalid_parameter(fmt::format("MaxResults must be from 1 to {}.", kPage));
  // In the order of making, newest first unless asked otherwise, as AWS lists. Names tell those of
  // one millisecond apart, so that both orders are each other's reverse.
  const auto made = [](const SecretRecord& secret) {
    return std::tie(secret.created, secret.name);
  };
  if (text_field(input, "SortOrder").value_or("desc") == "asc")
    std::ranges::sort(secrets, std::ranges::less(), made);
  else
    std::ranges::sort(secrets, std::ranges::greater(), made);
  auto at = secrets.begin();
  if (const auto token = text_field(input, "NextToken")) {
    at = std::ranges::find(secrets, *token, &SecretRecord::arn);
    if (at == secrets.end())
      return Fault{"InvalidNextTokenException", "", "The NextToken value is invalid."};
  }
  json::object answer;
  json::array list;
  for (; at != secrets.end() && static_cast<int64_t>(list.size()) < most; ++at)
    list.push_back(facts(*at, "SecretVersionsToStages"));
  answer["SecretList"] = std::move(list);
  if (at != secrets.end()) answer["NextToken"] = at->arn;
  return answer;
}

Answer list_secret_version_ids(SecretsStore& store, const Input& input, const Caller&) {
  auto found = named(store, input);
  if (auto* fault = std::get_if<Fault>(&found)) return *fault;
  const auto& secret = std::get<SecretRecord>(found);
  const bool deprecated = flag_field(input, "IncludeDeprecated");
  const int64_t most = number_field(input, "MaxResults").value_or(kPage);
  const auto token = text_field(input, "NextToken");
  bool begun = !token;
  auto answer = name_of(secret);
  json::array versions;
  for (const SecretVersion& version : secret.versions) {
    begun = begun || version.id == *token;
    if (!begun || (version.stages.empty() && !deprecated)) continue;
    if (static_cast<int64_t>(versions.size()) == most) {
      answer["NextToken"] = version.id;
      break;
    }
    json::object it{{"VersionId", version.id},
                    {"CreatedDate", seconds(version.created)},
                    {"KmsKeyIds", json::array{"DefaultEncryptionKey"}}};
    if (!version.stages.empty())
      it["VersionStages"] = json::array(version.stages.begin(), version.stages.end());
    if (version.accessed) it["LastAccessedDate"] = seconds(version.accessed);
    versions.push_back(std::move(it));
  }
  answer["Versions"] = std::move(versions);
  return answer;
}

}  // namespace belfry::aws::secrets

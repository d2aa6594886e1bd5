#include "aws/ssm_parameters.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "aws/json_fields.h"
#include "base/bytes.h"

namespace belfry::aws {

namespace {

constexpr std::string_view kPrefix = "parameter/";

std::string key_of(const std::string& name) {
  return std::string(kPrefix) + name;
}
std::string context_of(const Parameter& it) {
  return fmt::format("{}#{}", key_of(it.name), it.version);
}

Result<Parameter> decode(SecretsStore& secrets, const std::string& key, std::string_view stored) {
  boost::system::error_code error;
  const auto parsed =
      boost::json::parse(boost::json::string_view(stored.data(), stored.size()), error);
  if (error || !parsed.is_object() || number_field(parsed.get_object(), "format").value_or(0) != 1)
    return fail(fmt::format("the record {} is damaged, or a newer belfry's", key));
  const auto& from = parsed.get_object();
  const auto text = [&from](std::string_view field) {
    return text_field(from, field).value_or("");
  };
  Parameter it;
  it.name = text("name");
  it.type = text("type");
  it.value = text("value");
  it.description = text("description");
  it.pattern = text("pattern");
  it.data_type = text("data_type");
  it.tier = text("tier");
  it.key_id = text("key_id");
  it.version = number_field(from, "version").value_or(0);
  it.modified = number_field(from, "modified").value_or(0);
  if (it.type != "SecureString") return it;
  it.sealed = std::move(it.value);
  auto value = secrets.key().open(unbase64(it.sealed).value_or(""), context_of(it));
  if (!value) return fail(fmt::format("parameter '{}': {}", it.name, value.error().message));
  it.value = std::move(*value);
  return it;
}

}  // namespace

Result<std::optional<Parameter>> find_parameter(SecretsStore& secrets, const std::string& name) {
  const auto stored = secrets.store().get(key_of(name));
  if (!stored) return std::optional<Parameter>();
  auto parameter = decode(secrets, key_of(name), *stored);
  if (!parameter) return tl::unexpected(parameter.error());
  return std::optional<Parameter>(std::move(*parameter));
}

Result<std::vector<Parameter>> list_parameters(SecretsStore& secrets, const std::string& prefix) {
  std::vector<Parameter> parameters;
  for (const auto& [key, stored] : secrets.store().list(key_of(prefix))) {
    auto parameter = decode(secrets, key, stored);
    if (!parameter) return tl::unexpected(parameter.error());
    parameters.push_back(std::move(*parameter));
  }
  return parameters;
}

Result<void> save_parameter(SecretsStore& secrets, const Parameter& it) {
  const std::string value =
      it.type == "SecureString"
          ? base64(secrets.key().seal(it.value, context_of(it), secrets.random()))
          : it.value;
  queue::Batch batch;
  batch.put(key_of(it.name),
            boost::json::serialize(boost::json::object{{"format", 1},
                                                       {"name", it.name},
                                                       {"type", it.type},
                                                       {"value", value},
                                                       {"description", it.description},
                                                       {"pattern", it.pattern},
                                                       {"data_type", it.data_type},
                                                       {"tier", it.tier},
                                                       {"key_id", it.key_id},
                                                       {"version", it.version},
                                                       {"modified", it.modified}}));
  auto committed = secrets.store().commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return fail(committed.reason);
  return {};
}

Result<void> erase_parameter(SecretsStore& secrets, const std::string& name) {
  queue::Batch batch;
  batch.erase(key_of(name));
  auto committed = secrets.store().commit(std::move(batch));
  if (committed.status != queue::CommitStatus::durable) return fail(committed.reason);
  return {};
}

}  // namespace belfry::aws

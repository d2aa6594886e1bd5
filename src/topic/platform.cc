#include "topic/platform.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/json.h"

namespace belfry::topic {
namespace {

constexpr std::string_view kPrefix = "sns/";

std::string key_of(std::string_view name) {
  return fmt::format("{}{}", kPrefix, name);
}

}  // namespace

std::optional<PlatformAttributes> read_platform(const queue::Store& store, std::string_view name) {
  const auto record = store.get(key_of(name));
  if (!record) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(*record)).get(object)) return std::nullopt;
  PlatformAttributes out;
  for (const auto field : object) {
    std::string_view value;
    if (!field.value.get(value)) out.emplace(field.key, value);
  }
  return out;
}

void write_platform(std::string_view name, const PlatformAttributes& attributes,
                    queue::Batch& batch) {
  std::string out = "{\"version\":1";
  for (const auto& [key, value] : attributes) {
    out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  batch.put(key_of(name), out += '}');
}

void erase_platform(std::string_view name, queue::Batch& batch) {
  batch.erase(key_of(name));
}

std::vector<std::string> platform_names(const queue::Store& store, std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& [key, value] : store.list(key_of(prefix)))
    names.push_back(key.substr(kPrefix.size()));
  std::sort(names.begin(), names.end());
  return names;
}

std::string_view platform_of(std::string_view name) {
  name.remove_prefix(std::min(name.find('/') + 1, name.size()));
  return name.substr(0, name.find('/'));
}

std::string application_of(std::string_view endpoint) {
  const size_t first = endpoint.find('/');
  return fmt::format("app{}", endpoint.substr(first, endpoint.rfind('/') - first));
}

}  // namespace belfry::topic

#include "devnet/lifecycle_state.h"

#include <fmt/format.h>

#include <map>

#include "base/hash.h"
#include "ledger/chaincode_definition.h"
#include "peer/lifecycle/db.pb.h"

namespace belfry::devnet {
namespace {

const std::string kNamespace(ledger::kLifecycle);

std::string metadata_of(const LifecycleRecord& record) {
  std::vector<std::string> names;
  for (const auto& [name, value] : record.fields) names.push_back(name);
  return ledger::encode_metadata(record.type, names);
}

}  // namespace

Result<std::optional<std::string>> LifecycleState::get(const std::string& key) {
  if (collection_.empty()) return simulator_.get(kNamespace, key);
  return simulator_.get_private(kNamespace, collection_, key);
}

Result<std::optional<std::string>> LifecycleState::hash(const std::string& key) {
  return simulator_.get_private_hash(kNamespace, collection_, key);
}

Result<void> LifecycleState::put(const std::string& key, const std::string& value) {
  if (collection_.empty()) return simulator_.put(kNamespace, key, value);
  return simulator_.put_private(kNamespace, collection_, key, value);
}

Result<void> LifecycleState::erase(const std::string& key) {
  if (collection_.empty()) return simulator_.erase(kNamespace, key);
  return simulator_.erase_private(kNamespace, collection_, key);
}

std::string metadata_key(const std::string& space, const std::string& name) {
  return fmt::format("{}/metadata/{}", space, name);
}

std::string field_key(const std::string& space, const std::string& name, const std::string& field) {
  return fmt::format("{}/fields/{}/{}", space, name, field);
}

Result<void> serialize(LifecycleState& state, const std::string& space, const std::string& name,
                       const LifecycleRecord& record) {
  const auto old = state.get(metadata_key(space, name));
  if (!old) return tl::unexpected(old.error());
  ::lifecycle::StateMetadata metadata;
  if (*old && !metadata.ParseFromString(**old))
    return fail(fmt::format("could not unmarshal metadata for namespace {}/{}", space, name));
  std::map<std::string, std::optional<std::string>> existing;
  for (const auto& field : metadata.fields()) {
    auto value = state.get(field_key(space, name, field));
    if (!value) return tl::unexpected(value.error());
    existing[field] = std::move(*value);
  }
  for (const auto& [field, value] : record.fields) {
    const auto found = existing.find(field);
    if (found == existing.end() || found->second != std::optional(value))
      if (auto put = state.put(field_key(space, name, field), value); !put) return put;
    existing.erase(field);
  }
  if (!existing.empty() || metadata.datatype() != record.type ||
      static_cast<size_t>(metadata.fields_size()) != record.fields.size())
    if (auto put = state.put(metadata_key(space, name), metadata_of(record)); !put) return put;
  for (const auto& [field, value] : existing)
    if (auto erased = state.erase(field_key(space, name, field)); !erased) return erased;
  return {};
}

Result<bool> is_serialized(LifecycleState& state, const std::string& space, const std::string& name,
                           const LifecycleRecord& record) {
  bool same = true;
  const auto compare = [&](const std::string& key, const std::string& value) -> Result<void> {
    const auto hash = state.hash(key);
    if (!hash) return tl::unexpected(hash.error());
    same = same && *hash && **hash == view(sha256(value));
    return {};
  };
  // All keys are read, whatever the first ones tell: the read set must not hang on it.
  if (auto read = compare(metadata_key(space, name), metadata_of(record)); !read)
    return tl::unexpected(read.error());
  for (const auto& [field, value] : record.fields)
    if (auto read = compare(field_key(space, name, field), value); !read)
      return tl::unexpected(read.error());
  return same;
}

Result<std::optional<std::string>> stored_type(LifecycleState& state, const std::string& space,
                                               const std::string& name) {
  const auto bytes = state.get(metadata_key(space, name));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return std::optional<std::string>();
  ::lifecycle::StateMetadata metadata;
  if (!metadata.ParseFromString(**bytes))
    return fail(fmt::format("could not unmarshal metadata for namespace {}/{}", space, name));
  return std::optional(metadata.datatype());
}

Result<int64_t> stored_integer(LifecycleState& state, const std::string& space,
                               const std::string& name, const std::string& field) {
  const auto bytes = state.get(field_key(space, name, field));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return int64_t{0};
  return ledger::decode_integer(**bytes);
}

Result<std::string> stored_bytes(LifecycleState& state, const std::string& space,
                                 const std::string& name, const std::string& field) {
  const auto bytes = state.get(field_key(space, name, field));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return std::string();
  return ledger::decode_bytes(**bytes);
}

}  // namespace belfry::devnet

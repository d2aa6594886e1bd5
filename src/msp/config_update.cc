#include "msp/config_update.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/common.pb.h"
#include "common/configtx.pb.h"

namespace belfry::msp {
namespace {

using Group = ::common::ConfigGroup;

// One part of the tree: a group, a value or a policy. Views into the tree it came from.
struct Item {
  const Group* group = nullptr;
  const ::common::ConfigValue* value = nullptr;
  const ::common::ConfigPolicy* policy = nullptr;
  std::string home;  // the group whose policies its mod_policy names: itself for a group, else the
                     // one it lies in

  uint64_t version() const {
    return group ? group->version() : value ? value->version() : policy->version();
  }
  const std::string& mod_policy() const {
    return group ? group->mod_policy() : value ? value->mod_policy() : policy->mod_policy();
  }
};
// By kind and path, as Fabric's messages have them: "[Value]  /Channel/Orderer/BatchSize".
using Items = std::map<std::string, Item>;

std::string group_key(const std::string& path) {
  return "[Group]  " + path;
}
std::string value_key(const std::string& path) {
  return "[Value]  " + path;
}
std::string policy_key(const std::string& path) {
  return "[Policy] " + path;
}

// The protobuf parser bounds the depth.
void collect(const Group& group, const std::string& path, Items& into) {
  into[group_key(path)] = {.group = &group, .home = path};
  for (const auto& [name, value] : group.values())
    into[value_key(path + "/" + name)] = {.value = &value, .home = path};
  for (const auto& [name, policy] : group.policies())
    into[policy_key(path + "/" + name)] = {.policy = &policy, .home = path};
  for (const auto& [name, below] : group.groups()) collect(below, path + "/" + name, into);
}

Items items_of(const Group& group) {
  Items items;
  collect(group, "/Channel", items);
  return items;
}

// Channels made by Fabric 1.0 left mod_policy empty here and there; Fabric fills it in once
// capabilities are in use.
void mend(Group& group) {
  constexpr const char* kDefault = "Admins";
  if (group.mod_policy().empty()) group.set_mod_policy(kDefault);
  for (auto& [name, value] : *group.mutable_values())
    if (value.mod_policy().empty()) value.set_mod_policy(kDefault);
  for (auto& [name, policy] : *group.mutable_policies())
    if (policy.mod_policy().empty()) policy.set_mod_policy(kDefault);
}

// The tree again. Each group's own entry says which parts it has; their contents are those of their
// entries.
Result<Group> rebuild(const Items& items, const std::string& path, bool mending) {
  auto found = items.find(group_key(path));
  if (found == items.end()) return fail(fmt::format("the update leaves no group {}", path));
  const Group& entry = *found->second.group;
  Group made;
  made.set_version(entry.version());
  made.set_mod_policy(entry.mod_policy());
  for (const auto& [name, ignored] : entry.groups()) {
    auto below = rebuild(items, path + "/" + name, mending);
    if (!below) return below;
    (*made.mutable_groups())[name] = std::move(*below);
  }
  for (const auto& [name, ignored] : entry.values()) {
    auto value = items.find(value_key(path + "/" + name));
    if (value == items.end())
      return fail(fmt::format("the update leaves no value {}/{}", path, name));
    (*made.mutable_values())[name] = *value->second.value;
  }
  for (const auto& [name, ignored] : entry.policies()) {
    auto policy = items.find(policy_key(path + "/" + name));
    if (policy == items.end())
      return fail(fmt::format("the update leaves no policy {}/{}", path, name));
    (*made.mutable_policies())[name] = *policy->second.policy;
  }
  if (mending) mend(made);
  return made;
}

Result<Signers> signers_of(const ChannelConfig& current,
                           const ::common::ConfigUpdateEnvelope& update) {
  std::vector<::common::SignatureHeader> headers(static_cast<size_t>(update.signatures_size()));
  std::vector<std::string> signed_bytes;
  signed_bytes.reserve(headers.size());
  std::vector<SignedData> signatures;
  for (size_t i = 0; i < headers.size(); ++i) {
    const auto& signature = update.signatures(static_cast<int>(i));
    if (!headers[i].ParseFromString(signature.signature_header()))
      return fail("a signature header of the update does not decode");
    signed_bytes.push_back(signature.signature_header() + update.config_update());
    signatures.push_back({signed_bytes.back(), headers[i].creator(), signature.signature()});
  }
  return verify_signers(*current.msps, signatures);
}

// Fabric's rule for the names of groups, values and policies.
Result<void> check_name(std::string_view name) {
  constexpr size_t kLongest = 249;
  if (name.empty()) return fail("config ID illegal, cannot be empty");
  if (name.size() > kLongest)
    return fail(fmt::format("config ID illegal, cannot be longer than {}", kLongest));
  if (name == "." || name == "..")
    return fail(fmt::format("name '{}' for config ID is not allowed", name));
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), allowed))
    return fail(fmt::format("config ID '{}' contains illegal characters", name));
  return {};
}

Result<void> check_mod_policy(std::string_view policy) {
  if (policy.empty()) return fail("mod_policy not set");
  if (policy.front() == '/') policy.remove_prefix(1);
  for (size_t at = 0;; ++at) {
    const size_t end = std::min(policy.find('/'), policy.size());
    if (auto good = check_name(policy.substr(0, end)); !good)
      return std::move(good).with_context(fmt::format("path element at {} is invalid", at));
    if (end == policy.size()) return {};
    policy.remove_prefix(end + 1);
  }
}

Result<void> check_names(const Group& group) {
  const auto good = [](const char* kind, const std::string& name) {
    return check_name(name).with_context(fmt::format("illegal characters in key: {}", kind));
  };
  for (const auto& [name, value] : group.values())
    if (auto checked = good("[Value]  ", name); !checked) return checked;
  for (const auto& [name, policy] : group.policies())
    if (auto checked = good("[Policy] ", name); !checked) return checked;
  for (const auto& [name, below] : group.groups()) {
    if (auto checked = good("[Group]  ", name); !checked) return checked;
    if (auto checked = check_names(below); !checked) return checked;
  }
  return {};
}

// Whether this changed part may be written: its version is the next one, and its mod_policy is
// satisfied.
Result<void> check_change(const ChannelConfig& current, const Items& existing,
                          const std::string& key, const Item& change, const Signers& signers) {
  if (auto good = check_mod_policy(change.mod_policy()); !good)
    return fail(fmt::format("invalid mod_policy for element {}: {}", key, good.error().message));
  auto before = existing.find(key);
  if (before == existing.end()) {
    if (change.version() != 0)
      return fail(fmt::format("attempted to set key {} to version {}, but key does not exist", key,
                              change.version()));
    return {};  // allowed by the group that gains it, which changes too
  }
  if (change.version() != before->second.version() + 1)
    return fail(fmt::format("attempt to set key {} to version {}, but key is at version {}", key,
                            change.version(), before->second.version()));
  auto allowed =
      current.policies->evaluate(before->second.home, before->second.mod_policy(), signers.members);
  return std::move(allowed).with_context(fmt::format("policy for {} not satisfied", key));
}

}  // namespace

Result<::common::Config> apply_update(const ChannelConfig& current,
                                      const ::common::ConfigUpdateEnvelope& envelope) {
  ::common::ConfigUpdate update;
  if (!update.ParseFromString(envelope.config_update()))
    return fail("proto: cannot parse invalid wire-format data");
  if (update.channel_id() != current.channel)
    return fail(fmt::format("ConfigUpdate for channel '{}' but envelope for channel '{}'",
                            update.channel_id(), current.channel));
  if (auto good = check_names(update.read_set()); !good)
    return fail("error mapping ReadSet: " + good.error().message);
  const Items existing = items_of(current.config->channel_group());
  const Items read = update.has_read_set() ? items_of(update.read_set()) : Items();
  const Items written = update.has_write_set() ? items_of(update.write_set()) : Items();
  for (const auto& [key, item] : read) {
    auto found = existing.find(key);
    if (found == existing.end())
      return fail(fmt::format(
          "error validating ReadSet: existing config does not contain element for {} but was in "
          "the read set",
          key));
    if (found->second.version() != item.version())
      return fail(
          fmt::format("error validating ReadSet: proposed update requires that key {} be at "
                      "version {}, but it is currently at version {}",
                      key, item.version(), found->second.version()));
  }
  if (auto good = check_names(update.write_set()); !good)
    return fail("error mapping WriteSet: " + good.error().message);
  auto signers = signers_of(current, envelope);
  if (!signers) return tl::unexpected(signers.error());

  Items result = existing;
  bool changed = false;
  for (const auto& [key, item] : written) {
    auto unchanged = read.find(key);
    if (unchanged != read.end() && unchanged->second.version() == item.version()) continue;
    if (auto allowed = check_change(current, existing, key, item, *signers); !allowed)
      return fail("error validating DeltaSet: " + allowed.error().message);
    result[key] = item;
    changed = true;
  }
  if (!changed)
    return fail("error validating DeltaSet: delta set was empty -- update would have no effect");
  auto group =
      rebuild(result, "/Channel", result.contains(value_key("/Channel/Orderer/Capabilities")));
  if (!group) return tl::unexpected(group.error());
  ::common::Config config;
  config.set_sequence(current.sequence + 1);
  *config.mutable_channel_group() = std::move(*group);
  return config;
}

Result<ChannelConfig> follow_update(const ChannelConfig& current,
                                    const ::common::ConfigEnvelope& proposed) {
  if (proposed.config().sequence() != current.sequence + 1)
    return fail(fmt::format("the configuration is at sequence {} and would become {}",
                            current.sequence, proposed.config().sequence()));
  ::common::Payload payload;
  ::common::ConfigUpdateEnvelope update;
  if (!payload.ParseFromString(proposed.last_update().payload()) ||
      !update.ParseFromString(payload.data()))
    return fail("the update within the configuration does not decode");
  auto config = apply_update(current, update);
  if (!config) return tl::unexpected(config.error());
  if (!google::protobuf::util::MessageDifferencer::Equals(config->channel_group(),
                                                          proposed.config().channel_group()))
    return fail("the configuration is not what its update makes of the one before");
  return ChannelConfig::from_config(current.channel, *config);
}

}  // namespace belfry::msp

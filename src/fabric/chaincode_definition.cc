#include "fabric/chaincode_definition.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>

#include "msp/policy_text.h"
#include "peer/collection.pb.h"
#include "peer/policy.pb.h"

namespace belfry::fabric {
namespace {

constexpr std::string_view kDefaultPolicy = "/Channel/Application/Endorsement";

std::string reference(std::string_view path) {
  protos::ApplicationPolicy policy;
  policy.set_channel_config_policy_reference(std::string(path));
  return policy.SerializeAsString();
}

// One collection of the file. Thrown within this file only; parse_collections catches it.
struct Mistake {
  std::string message;
};

class CollectionReader {
 public:
  explicit CollectionReader(const YAML::Node& node) : node_(node) {
    if (!node.IsMap()) throw Mistake{"each collection is an object"};
    name_ = node["name"] ? node["name"].as<std::string>() : "";
    if (name_.empty()) throw Mistake{"a collection has no name"};
    for (const auto& entry : node) check_key(entry.first.as<std::string>());
  }

  const std::string& name() const { return name_; }

  void read(protos::StaticCollectionConfig& into) const {
    into.set_name(name_);
    auto policy = msp::parse_policy_text(get<std::string>("policy", ""));
    if (!policy) wrong("policy", policy.error().message);
    *into.mutable_member_orgs_policy()->mutable_signature_policy() = *policy;
    into.set_required_peer_count(get<int32_t>("requiredPeerCount", 0));
    into.set_maximum_peer_count(get<int32_t>("maxPeerCount", 1));
    if (into.required_peer_count() < 0 || into.maximum_peer_count() < into.required_peer_count())
      wrong("maxPeerCount", "it is less than requiredPeerCount, or one of them is negative");
    into.set_block_to_live(get<uint64_t>("blockToLive", 0));
    into.set_member_only_read(get<bool>("memberOnlyRead", false));
    into.set_member_only_write(get<bool>("memberOnlyWrite", false));
    if (const YAML::Node endorsement = node_["endorsementPolicy"]) endorsers(endorsement, into);
  }

 private:
  [[noreturn]] void wrong(std::string_view key, std::string_view what) const {
    throw Mistake{fmt::format("collection {}: {}: {}", name_, key, what)};
  }

  void check_key(const std::string& key) const {
    constexpr std::array kKeys = {
        "name",        "policy",         "requiredPeerCount", "maxPeerCount",
        "blockToLive", "memberOnlyRead", "memberOnlyWrite",   "endorsementPolicy"};
    if (std::ranges::find(kKeys, key) == kKeys.end()) wrong(key, "there is no such key");
  }

  template <class T>
  T get(const char* key, T otherwise) const {
    const YAML::Node value = node_[key];
    if (!value) return otherwise;
    try {
      return value.as<T>();
    } catch (const YAML::Exception&) {
      wrong(key, "the value is of the wrong kind");
    }
  }

  void endorsers(const YAML::Node& node, protos::StaticCollectionConfig& into) const {
    const auto text = [&](const char* key) {
      const YAML::Node value = node.IsMap() ? node[key] : YAML::Node();
      return value && value.IsScalar() ? value.as<std::string>() : std::string();
    };
    const std::string signatures = text("signaturePolicy"), path = text("channelConfigPolicy");
    if (signatures.empty() == path.empty())
      wrong("endorsementPolicy", "it has either signaturePolicy or channelConfigPolicy");
    if (!path.empty()) {
      into.mutable_endorsement_policy()->set_channel_config_policy_reference(path);
      return;
    }
    auto policy = msp::parse_policy_text(signatures);
    if (!policy) wrong("endorsementPolicy.signaturePolicy", policy.error().message);
    *into.mutable_endorsement_policy()->mutable_signature_policy() = *policy;
  }

  const YAML::Node& node_;
  std::string name_;
};

}  // namespace

bool same_definition(const ChaincodeDefinition& one, const ChaincodeDefinition& other) {
  const auto plugin = [](const std::string& name, const char* otherwise) {
    return name.empty() ? std::string(otherwise) : name;
  };
  const auto policy = [](const ChaincodeDefinition& it) {
    return it.policy.empty() ? reference(kDefaultPolicy) : it.policy;
  };
  return one.name == other.name && one.version == other.version && one.sequence == other.sequence &&
         one.init_required == other.init_required &&
         plugin(one.endorsement_plugin, "escc") == plugin(other.endorsement_plugin, "escc") &&
         plugin(one.validation_plugin, "vscc") == plugin(other.validation_plugin, "vscc") &&
         policy(one) == policy(other) && one.collections == other.collections;
}

Result<std::string> parse_endorsement_policy(std::string_view text) {
  if (text.starts_with('/')) return reference(text);
  auto signatures = msp::parse_policy_text(text);
  if (!signatures) return tl::unexpected(signatures.error());
  protos::ApplicationPolicy policy;
  *policy.mutable_signature_policy() = *signatures;
  return policy.SerializeAsString();
}

std::string endorsement_policy_text(std::string_view bytes) {
  if (bytes.empty()) return std::string(kDefaultPolicy);
  protos::ApplicationPolicy policy;
  if (!policy.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return "a policy that does not decode";
  if (policy.has_channel_config_policy_reference()) return policy.channel_config_policy_reference();
  auto text = msp::policy_text(policy.signature_policy());
  return text ? *text : text.error().message;
}

Result<std::string> parse_collections(const std::string& text) {
  protos::CollectionConfigPackage package;
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsSequence() || root.size() == 0)
      return fail("a collections file is a list of collections, in JSON or YAML");
    std::set<std::string> names;
    for (const YAML::Node& node : root) {
      const CollectionReader reader(node);
      if (!names.insert(reader.name()).second)
        return fail(fmt::format("collection {} is there twice", reader.name()));
      reader.read(*package.add_config()->mutable_static_collection_config());
    }
  } catch (const Mistake& mistake) {
    return fail(mistake.message);
  } catch (const YAML::Exception& wrong) {
    return fail(fmt::format("line {}: {}", wrong.mark.line + 1, wrong.msg));
  }
  return package.SerializeAsString();
}

std::string collection_names(std::string_view collections) {
  protos::CollectionConfigPackage package;
  if (!package.ParseFromArray(collections.data(), static_cast<int>(collections.size())))
    return "collections that do not decode";
  std::string names;
  for (const auto& it : package.config())
    names += (names.empty() ? "" : ", ") + it.static_collection_config().name();
  return names;
}

}  // namespace belfry::fabric

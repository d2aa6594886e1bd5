#include "ledger/chaincode_definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/policies.pb.h"
#include "ledger/definition_policies.h"
#include "msp/msp_principal.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/collection.pb.h"
#include "peer/lifecycle/chaincode_definition.pb.h"
#include "peer/lifecycle/db.pb.h"
#include "peer/policy.pb.h"

namespace belfry::ledger {
namespace {

constexpr std::string_view kMetadata = "namespaces/metadata/";
constexpr std::string_view kImplicit = "_implicit_org_";
constexpr size_t kMostChaincodes = 10'000;  // on one channel

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <class Message>
bool parse(Message& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string field_key(std::string_view chaincode, std::string_view field) {
  return fmt::format("namespaces/fields/{}/{}", chaincode, field);
}

Result<::lifecycle::StateData> decode_state(std::string_view bytes) {
  ::lifecycle::StateData data;
  if (!parse(data, bytes)) return fail("the lifecycle's state does not decode");
  return data;
}

// One of `_lifecycle`'s fields, whose value is a message of its own. Absent ones leave it empty.
template <class Message>
Result<void> read_field(const Reader& state, std::string_view chaincode, std::string_view field,
                        Message& message) {
  auto value = state.get(kLifecycle, field_key(chaincode, field));
  if (!value) return {};
  auto bytes = decode_bytes(value->bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  if (!parse(message, *bytes))
    return fail(fmt::format("{} of chaincode {} does not decode", field, chaincode));
  return {};
}

Result<std::optional<ChaincodeDefinition>> find_current(const Reader& state,
                                                        std::string_view chaincode) {
  if (!state.get(kLifecycle, std::string(kMetadata) + std::string(chaincode)))
    return std::optional<ChaincodeDefinition>();
  ChaincodeDefinition definition;
  definition.name = chaincode;
  auto sequence = state.get(kLifecycle, field_key(chaincode, "Sequence"));
  if (!sequence) return fail(fmt::format("chaincode {} has no sequence", chaincode));
  auto number = decode_integer(sequence->bytes);
  if (!number) return tl::unexpected(number.error());
  definition.sequence = *number;
  definition.version_in_state = sequence->version;

  ::lifecycle::ChaincodeEndorsementInfo endorsement;
  ::lifecycle::ChaincodeValidationInfo validation;
  ::protos::CollectionConfigPackage collections;
  if (auto read = read_field(state, chaincode, "EndorsementInfo", endorsement); !read)
    return tl::unexpected(read.error());
  if (auto read = read_field(state, chaincode, "ValidationInfo", validation); !read)
    return tl::unexpected(read.error());
  if (auto read = read_field(state, chaincode, "Collections", collections); !read)
    return tl::unexpected(read.error());
  definition.version = endorsement.version();
  definition.init_required = endorsement.init_required();
  definition.endorsement_plugin = endorsement.endorsement_plugin();
  definition.validation_plugin = validation.validation_plugin();
  definition.endorsement_policy = validation.validation_parameter();
  definition.collections = collections.SerializeAsString();
  return std::optional(std::move(definition));
}

Result<std::optional<ChaincodeDefinition>> find_legacy(const Reader& state,
                                                       std::string_view chaincode) {
  auto entry = state.get(kLegacyLifecycle, chaincode);
  if (!entry) return std::optional<ChaincodeDefinition>();
  ::protos::ChaincodeData data;
  if (!parse(data, entry->bytes))
    return fail(fmt::format("lscc's entry of chaincode {} does not decode", chaincode));
  ChaincodeDefinition definition;
  definition.name = chaincode;
  definition.version = data.version();
  definition.endorsement_plugin = data.escc();
  definition.validation_plugin = data.vscc();
  definition.legacy_policy = data.policy().SerializeAsString();
  definition.legacy_instantiation_policy = data.instantiation_policy().SerializeAsString();
  definition.legacy_id = data.id();
  definition.version_in_state = entry->version;
  if (auto collections = state.get(kLegacyLifecycle, std::string(chaincode) + "~collection"))
    definition.collections = collections->bytes;
  return std::optional(std::move(definition));
}

Collection read_collection(const ::protos::StaticCollectionConfig& config) {
  Collection collection;
  collection.name = config.name();
  const auto& policy = config.member_orgs_policy().signature_policy();
  collection.member_policy = policy.SerializeAsString();
  collection.member_orgs = organizations_of(policy);
  collection.required_peers = config.required_peer_count();
  collection.maximum_peers = config.maximum_peer_count();
  collection.block_to_live = config.block_to_live();
  collection.member_only_read = config.member_only_read();
  collection.member_only_write = config.member_only_write();
  if (config.has_endorsement_policy())
    collection.endorsement_policy = config.endorsement_policy().SerializeAsString();
  return collection;
}

Collection implicit_collection(std::string_view name, std::string_view msp_id) {
  Collection collection;
  collection.name = name;
  const auto policy = any_member_of({std::string(msp_id)});
  collection.member_policy = policy.SerializeAsString();
  collection.member_orgs = {std::string(msp_id)};
  collection.maximum_peers = 1;
  return collection;
}

}  // namespace

bool Collection::has_member(std::string_view msp_id) const {
  return std::binary_search(member_orgs.begin(), member_orgs.end(), msp_id);
}

Result<std::optional<ChaincodeDefinition>> find_definition(const Reader& state,
                                                           std::string_view chaincode) {
  auto current = find_current(state, chaincode);
  if (!current || *current) return current;
  return find_legacy(state, chaincode);
}

std::vector<std::string> defined_chaincodes(const Reader& state) {
  std::set<std::string> names;
  const std::string end = std::string(kMetadata.substr(0, kMetadata.size() - 1)) + '0';
  for (const KeyValue& entry : state.range(kLifecycle, kMetadata, end, kMostChaincodes))
    names.insert(entry.key.substr(kMetadata.size()));
  for (const KeyValue& entry : state.range(kLegacyLifecycle, "", "", kMostChaincodes))
    if (entry.key.find('~') == std::string::npos) names.insert(entry.key);
  return {names.begin(), names.end()};
}

bool is_chaincode_name(std::string_view text) {
  bool after_mark = true;  // an alphanumeric comes first, and after each mark
  for (const char c : text) {
    const bool mark = c == '_' || c == '-';
    if (mark ? after_mark : !is_alphanumeric(c)) return false;
    after_mark = mark;
  }
  return !after_mark;
}

bool is_chaincode_version(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.' || c == '+' || c == '-';
  });
}

bool is_system_chaincode(std::string_view name) {
  return name == "lscc" || name == "qscc" || name == "cscc" || name == "escc" || name == "vscc";
}

bool is_implicit(std::string_view collection) {
  return collection.starts_with(kImplicit);
}

std::string_view implicit_org(std::string_view collection) {
  return collection.starts_with(kImplicit) ? collection.substr(kImplicit.size())
                                           : std::string_view();
}

Result<std::vector<Collection>> collections_of(const ChaincodeDefinition& definition) {
  ::protos::CollectionConfigPackage package;
  if (!parse(package, definition.collections))
    return fail(fmt::format("the collections of chaincode {} do not decode", definition.name));
  std::vector<Collection> collections;
  for (const auto& config : package.config())
    if (config.has_static_collection_config())
      collections.push_back(read_collection(config.static_collection_config()));
  return collections;
}

Result<std::optional<Collection>> find_collection(const ChaincodeDefinition& definition,
                                                  std::string_view name) {
  if (const std::string_view org = implicit_org(name); !org.empty())
    return std::optional(implicit_collection(name, org));
  auto all = collections_of(definition);
  if (!all) return tl::unexpected(all.error());
  for (Collection& collection : *all)
    if (collection.name == name) return std::optional(std::move(collection));
  return std::optional<Collection>();
}

std::string encode_integer(int64_t value) {
  ::lifecycle::StateData data;
  data.set_int64(value);
  return data.SerializeAsString();
}

std::string encode_bytes(std::string_view value) {
  ::lifecycle::StateData data;
  data.set_bytes(value.data(), value.size());
  return data.SerializeAsString();
}

std::string encode_text(std::string_view value) {
  ::lifecycle::StateData data;
  data.set_string(value.data(), value.size());
  return data.SerializeAsString();
}

Result<int64_t> decode_integer(std::string_view state_data) {
  auto data = decode_state(state_data);
  if (!data) return tl::unexpected(data.error());
  return data->int64();
}

Result<std::string> decode_bytes(std::string_view state_data) {
  auto data = decode_state(state_data);
  if (!data) return tl::unexpected(data.error());
  return data->Type_case() == ::lifecycle::StateData::kString ? data->string() : data->bytes();
}

std::string encode_metadata(std::string_view type, const std::vector<std::string>& fields) {
  ::lifecycle::StateMetadata metadata;
  metadata.set_datatype(std::string(type));
  for (const std::string& field : fields) metadata.add_fields(field);
  return metadata.SerializeAsString();
}

}  // namespace belfry::ledger

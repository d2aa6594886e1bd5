// What a channel has agreed on about a chaincode, as `_lifecycle` keeps it in the state
// (namespaces/metadata/NAME, namespaces/fields/NAME/{Sequence,EndorsementInfo,ValidationInfo,
// Collections}), or, on channels of 1.4, lscc (NAME, NAME~collection).
//
// The validator asks it for endorsement policies, the endorser for version and collections, the
// private data store for who may hold what. Reads through ledger/reader.h only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/reader.h"

namespace belfry::ledger {

inline constexpr std::string_view kLifecycle = "_lifecycle";
inline constexpr std::string_view kLegacyLifecycle = "lscc";

// A private data collection (peer.StaticCollectionConfig), or the implicit one of an organisation.
struct Collection {
  std::string name;
  std::string member_policy;             // serialized common.SignaturePolicyEnvelope
  std::vector<std::string> member_orgs;  // MSP ids that the policy names, sorted
  int32_t required_peers = 0, maximum_peers = 0;
  uint64_t block_to_live = 0;  // blocks; 0: for ever
  bool member_only_read = false, member_only_write = false;
  std::string endorsement_policy;  // serialized peer.ApplicationPolicy; empty: the chaincode's,
                                   // or, of implicit ones, the organisation's Endorsement policy

  bool has_member(std::string_view msp_id) const;
};

struct ChaincodeDefinition {
  std::string name;
  int64_t sequence = 0;  // 0: instantiated through lscc
  std::string version;
  bool init_required = false;
  std::string endorsement_plugin, validation_plugin;  // "escc", "vscc" unless somebody changed it
  std::string endorsement_policy;                     // serialized peer.ApplicationPolicy
  std::string collections;  // serialized peer.CollectionConfigPackage; may be empty
  // Of the legacy lifecycle only: serialized common.SignaturePolicyEnvelope in place of the above.
  std::string legacy_policy, legacy_instantiation_policy, legacy_id;
  Version version_in_state;  // of its Sequence, or of lscc's entry: changes with each upgrade
};

// None when the channel has no such chaincode. An error when what the state holds does not decode.
Result<std::optional<ChaincodeDefinition>> find_definition(const Reader& state,
                                                           std::string_view chaincode);
// Names, in order: those of `_lifecycle` and those of lscc.
std::vector<std::string> defined_chaincodes(const Reader& state);

// What a chaincode, and a version of it, may be called.
bool is_chaincode_name(std::string_view text);
bool is_chaincode_version(std::string_view text);
// "lscc", "qscc" and the like, which no chaincode may be called.
bool is_system_chaincode(std::string_view name);

// Whether it has the name of an organisation's implicit collection, as "_implicit_org_Org1MSP".
bool is_implicit(std::string_view collection);
// The organisation whose implicit collection that is ("_implicit_org_Org1MSP"); empty for others.
std::string_view implicit_org(std::string_view collection);
// The chaincode's collection of that name, implicit ones too; none when there is none.
Result<std::optional<Collection>> find_collection(const ChaincodeDefinition& definition,
                                                  std::string_view collection);
Result<std::vector<Collection>> collections_of(const ChaincodeDefinition& definition);

// One field of `_lifecycle`'s state: serialized lifecycle.StateData with the value inside.
std::string encode_integer(int64_t value);
std::string encode_bytes(std::string_view value);
std::string encode_text(std::string_view value);
Result<int64_t> decode_integer(std::string_view state_data);
Result<std::string> decode_bytes(std::string_view state_data);  // texts, too
// lifecycle.StateMetadata{datatype, fields}, which stands at namespaces/metadata/NAME.
std::string encode_metadata(std::string_view type, const std::vector<std::string>& fields);

}  // namespace belfry::ledger

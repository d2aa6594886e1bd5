// How `_lifecycle` lays structures out in the state: a metadata key that names the type and its
// fields, and one key per field with a lifecycle.StateData (Fabric's lifecycle.Serializer).
//
//   namespaces/metadata/NAME     StateMetadata{datatype, fields}
//   namespaces/fields/NAME/FIELD StateData
//
// Definitions stand in the channel's public state; what an organisation has approved in its
// implicit collection, under NAME#SEQUENCE.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "devnet/simulator.h"

namespace belfry::devnet {

// One place such structures are kept: the public state of `_lifecycle`, or one organisation's
// implicit collection. Reads and writes go through the simulator.
class LifecycleState {
 public:
  explicit LifecycleState(Simulator& simulator) : simulator_(simulator) {}
  LifecycleState(Simulator& simulator, const std::string& msp_id)
      : simulator_(simulator), collection_("_implicit_org_" + msp_id) {}

  Result<std::optional<std::string>> get(const std::string& key);
  Result<std::optional<std::string>> hash(const std::string& key);  // of the value; collections
  Result<void> put(const std::string& key, const std::string& value);
  Result<void> erase(const std::string& key);

 private:
  Simulator& simulator_;
  const std::string collection_;
};

// A structure on its way in: its type and its fields in order, each a serialized StateData.
struct LifecycleRecord {
  std::string type;
  std::vector<std::pair<std::string, std::string>> fields;
};

std::string metadata_key(const std::string& space, const std::string& name);
std::string field_key(const std::string& space, const std::string& name, const std::string& field);

// Writes what differs from what is there.
Result<void> serialize(LifecycleState& state, const std::string& space, const std::string& name,
                       const LifecycleRecord& record);
// Whether exactly this is there, told from the hashes only.
Result<bool> is_serialized(LifecycleState& state, const std::string& space, const std::string& name,
                           const LifecycleRecord& record);
// The type of the structure there; none when there is none.
Result<std::optional<std::string>> stored_type(LifecycleState& state, const std::string& space,
                                               const std::string& name);
// A field's value; zero and empty when it is not there.
Result<int64_t> stored_integer(LifecycleState& state, const std::string& space,
                               const std::string& name, const std::string& field);
Result<std::string> stored_bytes(LifecycleState& state, const std::string& space,
                                 const std::string& name, const std::string& field);

}  // namespace belfry::devnet

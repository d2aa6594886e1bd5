#include "devnet/interest.h"

#include <map>
#include <set>

#include "common/policies.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {

Result<::protos::ChaincodeInterest> interest_of(
    const Simulator::Results& results, const std::function<bool(const std::string&)>& is_system) {
  // By namespace and collection ("" is the public state): whether the policy of the chaincode or of
  // the collection has a say.
  std::map<std::string, std::map<std::string, bool>> wanted;
  std::map<std::string, std::vector<std::string>> key_policies;
  for (const auto& [place, written] : results.written) {
    const auto& [name_space, collection] = place;
    auto& collections = wanted[name_space];
    collections.emplace("", false);
    if (written.plain) collections[collection] = true;
    auto& policies = key_policies[name_space];
    policies.insert(policies.end(), written.policies.begin(), written.policies.end());
  }
  for (const auto& name_space : results.name_spaces)
    if (!wanted.contains(name_space)) wanted[name_space][""] = true;
  for (const auto& [name_space, collection] : results.private_reads)
    wanted[name_space][collection] = true;

  const std::set<std::pair<std::string, std::string>> read(results.private_reads.begin(),
                                                           results.private_reads.end());
  ::protos::ChaincodeInterest out;
  for (const auto& [name_space, collections] : wanted) {
    if (is_system(name_space)) continue;
    for (const auto& [collection, required] : collections) {
      const auto& policies = key_policies[name_space];
      if (collection.empty() && policies.empty() && !required) continue;
      auto& call = *out.add_chaincodes();
      call.set_name(name_space);
      if (!collection.empty()) {
        call.add_collection_names(collection);
        call.set_no_private_reads(!read.contains({name_space, collection}));
        continue;
      }
      for (const auto& policy : policies)
        if (!call.add_key_policies()->ParseFromString(policy))
          return fail(
              "error unmarshalling SignaturePolicyEnvelope: proto: cannot parse invalid "
              "wire-format "
              "data");
      if (!policies.empty()) call.set_disregard_namespace_policy(!required);
    }
  }
  return out;
}

}  // namespace belfry::devnet

// GetMetadata: what the contracts of a chaincode offer, in the form of Fabric's contract API, which
// explorers and generic clients read. Schemas stand where they are used; there are no shared
// components.
#include "belfry/chaincode/contract.h"

namespace belfry::chaincode {
namespace {

constexpr std::string_view kSchema =
    "https://hyperledger.github.io/fabric-chaincode-node/main/api/contract-schema.json";

Json transaction(const detail::Function& function) {
  boost::json::object out{{"name", function.name},
                          {"tag", boost::json::array{function.submits ? "submit" : "evaluate"}}};
  if (!function.parameters.empty()) {
    boost::json::array parameters;
    for (const auto& parameter : function.parameters) {
      parameters.push_back(
          boost::json::object{{"name", parameter.name}, {"schema", parameter.schema}});
    }
    out.emplace("parameters", std::move(parameters));
  }
  if (!function.returns.is_null()) out.emplace("returns", function.returns);
  return out;
}

Json contract(const std::string& name, boost::json::array transactions, bool first,
              const boost::json::object& info) {
  boost::json::object out{{"name", name},
                          {"contractInstance", boost::json::object{{"name", name}}},
                          {"transactions", std::move(transactions)},
                          {"info", info}};
  if (first) out["contractInstance"].as_object().emplace("default", true);
  return out;
}

}  // namespace

std::string Chaincode::metadata() const {
  const boost::json::object info{{"title", title_}, {"version", version_}};
  boost::json::object contracts;
  for (const Contract& one : contracts_) {
    boost::json::array transactions;
    for (const auto& function : one.functions_) transactions.push_back(transaction(function));
    contracts.emplace(one.name(), contract(one.name(), std::move(transactions),
                                           &one == &contracts_.front(), info));
  }
  const detail::Function own{"GetMetadata", false, {}, detail::type_schema("string"), {}};
  contracts.emplace("org.hyperledger.fabric",
                    contract("org.hyperledger.fabric", {transaction(own)}, false,
                             {{"title", "what this chaincode offers"}, {"version", version_}}));
  return to_text(
      boost::json::object{{"$schema", kSchema},
                          {"contracts", std::move(contracts)},
                          {"info", info},
                          {"components", boost::json::object{{"schemas", boost::json::object()}}}});
}

}  // namespace belfry::chaincode

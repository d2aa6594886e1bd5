#include "belfry/chaincode/contract.h"

#include <algorithm>
#include <stdexcept>

namespace belfry::chaincode {

Contract& Contract::before(std::function<Result<>(Transaction&)> check) {
  before_.push_back(std::move(check));
  return *this;
}

Contract& Contract::add(detail::Function function) {
  const bool taken = std::any_of(functions_.begin(), functions_.end(),
                                 [&](const auto& other) { return other.name == function.name; });
  if (taken)
    throw std::logic_error("contract " + name_ + " has two functions named " + function.name);
  functions_.push_back(std::move(function));
  return *this;
}

std::vector<std::string> Contract::labels(std::vector<detail::Parameter>& parameters,
                                          const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (auto& parameter : parameters) {
    const std::size_t index = out.size();
    parameter.name = index < names.size() ? names[index] : "argument " + std::to_string(index + 1);
    out.push_back(parameter.name);
  }
  return out;
}

Chaincode::Chaincode(Contract contract) {
  add(std::move(contract));
}

Chaincode& Chaincode::add(Contract contract) {
  contracts_.push_back(std::move(contract));
  return *this;
}

Chaincode& Chaincode::describe(std::string title, std::string version) {
  title_ = std::move(title);
  version_ = std::move(version);
  return *this;
}

Response Chaincode::execute(const Call& call, Peer& peer) const {
  Transaction transaction(call, peer);
  auto result = [&]() -> Result<std::string> {
    try {
      return dispatch(transaction, call);
    } catch (const std::exception& thrown) {
      return Error{transaction.function() + " threw: " + thrown.what()};
    } catch (...) {
      return Error{transaction.function() + " threw something that is no exception"};
    }
  }();
  if (result) return {200, "", *std::move(result), transaction.event()};
  const Error& error = result.error();
  // Anything below 400 would be taken for a success.
  return {error.status >= 400 && error.status < 600 ? error.status : 500, error.message,
          error.payload, std::nullopt};
}

Result<std::string> Chaincode::dispatch(Transaction& transaction, const Call& call) const {
  if (call.arguments.empty() || (call.arguments.size() == 1 && call.arguments.front().empty())) {
    if (call.initialises) return std::string();  // an initialisation that asks for nothing
    return Error{"no function is named", 400};
  }
  const std::string_view whole = call.arguments.front();
  const auto colon = whole.rfind(':');
  const auto name = colon == whole.npos ? whole : whole.substr(colon + 1);
  const auto of =
      colon == whole.npos ? std::string_view(contracts_.front().name()) : whole.substr(0, colon);
  if (of == "org.hyperledger.fabric" && name == "GetMetadata") return metadata();

  const auto contract = std::find_if(contracts_.begin(), contracts_.end(),
                                     [&](const auto& it) { return it.name() == of; });
  if (contract == contracts_.end()) return Error{"there is no contract " + std::string(of), 404};
  const auto function = std::find_if(contract->functions_.begin(), contract->functions_.end(),
                                     [&](const auto& it) { return it.name == name; });
  if (function == contract->functions_.end()) {
    return Error{"contract " + contract->name() + " has no function " + std::string(name), 404};
  }
  const auto texts = std::span(call.arguments).subspan(1);
  const auto& parameters = function->parameters;
  std::size_t needed = parameters.size();
  while (needed > 0 && parameters[needed - 1].optional) --needed;
  if (texts.size() < needed || texts.size() > parameters.size()) {
    std::string list;
    for (const auto& parameter : parameters) list += (list.empty() ? " (" : ", ") + parameter.name;
    return Error{std::string(name) + " takes " + std::to_string(parameters.size()) + " arguments" +
                     list + (list.empty() ? "" : ")") + ", not " + std::to_string(texts.size()),
                 400};
  }
  for (const auto& check : contract->before_) {
    if (auto fine = check(transaction); !fine) return fine.error();
  }
  return function->call(transaction, texts);
}

}  // namespace belfry::chaincode

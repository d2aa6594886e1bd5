#include "fabric/lifecycle.h"

#include "peer/lifecycle/lifecycle.pb.h"

namespace belfry::fabric {
namespace {

namespace lc = ::lifecycle;

Invocation invocation(const std::string& channel, const char* function,
                      const google::protobuf::Message& arguments) {
  return {.channel = channel,
          .chaincode = "_lifecycle",
          .arguments = {function, arguments.SerializeAsString()}};
}

template <class Answer>
Result<Answer> read(std::string_view bytes) {
  Answer answer;
  if (!answer.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail("the peer's answer does not decode");
  return answer;
}

// The part that every message with a definition has under the same names.
template <class Message>
void put(const ChaincodeDefinition& definition, Message& into) {
  into.set_name(definition.name);
  into.set_version(definition.version);
  into.set_sequence(definition.sequence);
  into.set_endorsement_plugin(definition.endorsement_plugin);
  into.set_validation_plugin(definition.validation_plugin);
  into.set_validation_parameter(definition.policy);
  into.set_init_required(definition.init_required);
  if (!definition.collections.empty())
    into.mutable_collections()->ParseFromString(definition.collections);
}

template <class Message>
ChaincodeDefinition definition_of(const std::string& name, const Message& message) {
  ChaincodeDefinition out;
  out.name = name;
  out.version = message.version();
  out.sequence = message.sequence();
  out.endorsement_plugin = message.endorsement_plugin();
  out.validation_plugin = message.validation_plugin();
  out.policy = message.validation_parameter();
  out.collections = message.collections().SerializeAsString();
  out.init_required = message.init_required();
  return out;
}

}  // namespace

Invocation install_chaincode(std::string package) {
  lc::InstallChaincodeArgs arguments;
  arguments.set_chaincode_install_package(std::move(package));
  return invocation("", "InstallChaincode", arguments);
}

Invocation installed_chaincodes() {
  return invocation("", "QueryInstalledChaincodes", lc::QueryInstalledChaincodesArgs());
}

Result<InstalledChaincode> read_installed(std::string_view answer) {
  const auto message = read<lc::InstallChaincodeResult>(answer);
  if (!message) return tl::unexpected(message.error());
  return InstalledChaincode{message->package_id(), message->label(), {}};
}

Result<std::vector<InstalledChaincode>> read_installed_list(std::string_view answer) {
  const auto message = read<lc::QueryInstalledChaincodesResult>(answer);
  if (!message) return tl::unexpected(message.error());
  std::vector<InstalledChaincode> out;
  for (const auto& it : message->installed_chaincodes()) {
    InstalledChaincode& one = out.emplace_back(InstalledChaincode{it.package_id(), it.label(), {}});
    for (const auto& [channel, references] : it.references())
      for (const auto& chaincode : references.chaincodes())
        one.used[channel].emplace_back(chaincode.name(), chaincode.version());
  }
  return out;
}

Invocation approve_chaincode(const std::string& channel, const ChaincodeDefinition& definition,
                             const std::string& package_id) {
  lc::ApproveChaincodeDefinitionForMyOrgArgs arguments;
  put(definition, arguments);
  if (package_id.empty())
    arguments.mutable_source()->mutable_unavailable();
  else
    arguments.mutable_source()->mutable_local_package()->set_package_id(package_id);
  return invocation(channel, "ApproveChaincodeDefinitionForMyOrg", arguments);
}

Invocation commit_chaincode(const std::string& channel, const ChaincodeDefinition& definition) {
  lc::CommitChaincodeDefinitionArgs arguments;
  put(definition, arguments);
  return invocation(channel, "CommitChaincodeDefinition", arguments);
}

Invocation approved_chaincode(const std::string& channel, const std::string& name,
                              int64_t sequence) {
  lc::QueryApprovedChaincodeDefinitionArgs arguments;
  arguments.set_name(name);
  arguments.set_sequence(sequence);
  return invocation(channel, "QueryApprovedChaincodeDefinition", arguments);
}

Invocation commit_readiness(const std::string& channel, const ChaincodeDefinition& definition) {
  lc::CheckCommitReadinessArgs arguments;
  put(definition, arguments);
  return invocation(channel, "CheckCommitReadiness", arguments);
}

Invocation committed_chaincode(const std::string& channel, const std::string& name) {
  lc::QueryChaincodeDefinitionArgs arguments;
  arguments.set_name(name);
  return invocation(channel, "QueryChaincodeDefinition", arguments);
}

Invocation committed_chaincodes(const std::string& channel) {
  return invocation(channel, "QueryChaincodeDefinitions", lc::QueryChaincodeDefinitionsArgs());
}

Result<ApprovedChaincode> read_approved(const std::string& name, std::string_view answer) {
  const auto message = read<lc::QueryApprovedChaincodeDefinitionResult>(answer);
  if (!message) return tl::unexpected(message.error());
  return ApprovedChaincode{definition_of(name, *message),
                           message->source().local_package().package_id()};
}

Result<std::map<std::string, bool>> read_readiness(std::string_view answer) {
  const auto message = read<lc::CheckCommitReadinessResult>(answer);
  if (!message) return tl::unexpected(message.error());
  return std::map<std::string, bool>(message->approvals().begin(), message->approvals().end());
}

Result<CommittedChaincode> read_committed(const std::string& name, std::string_view answer) {
  const auto message = read<lc::QueryChaincodeDefinitionResult>(answer);
  if (!message) return tl::unexpected(message.error());
  CommittedChaincode out{definition_of(name, *message), {}};
  out.approvals.insert(message->approvals().begin(), message->approvals().end());
  return out;
}

Result<std::vector<CommittedChaincode>> read_committed_list(std::string_view answer) {
  const auto message = read<lc::QueryChaincodeDefinitionsResult>(answer);
  if (!message) return tl::unexpected(message.error());
  std::vector<CommittedChaincode> out;
  for (const auto& it : message->chaincode_definitions())
    out.push_back({definition_of(it.name(), it), {}});
  return out;
}

}  // namespace belfry::fabric

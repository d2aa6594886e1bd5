#include "devnet/lifecycle.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <map>

#include "base/bytes.h"
#include "base/hash.h"
#include "devnet/collection_check.h"
#include "devnet/lifecycle_state.h"
#include "ledger/chaincode_definition.h"
#include "peer/collection.pb.h"
#include "peer/lifecycle/chaincode_definition.pb.h"
#include "peer/lifecycle/lifecycle.pb.h"
#include "peer/policy.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

namespace lc = ::lifecycle;

const std::string kNamespaces = "namespaces", kSources = "chaincode-sources";
constexpr std::string_view kDefaultPolicy = "/Channel/Application/Endorsement";
const std::string kLifecycle(ledger::kLifecycle), kLegacy(ledger::kLegacyLifecycle);

// What a definition says, whatever its sequence.
struct Parameters {
  lc::ChaincodeEndorsementInfo endorsement;
  lc::ChaincodeValidationInfo validation;
  ::protos::CollectionConfigPackage collections;

  LifecycleRecord record() const {
    return {"ChaincodeParameters",
            {{"EndorsementInfo", ledger::encode_bytes(endorsement.SerializeAsString())},
             {"ValidationInfo", ledger::encode_bytes(validation.SerializeAsString())},
             {"Collections", ledger::encode_bytes(collections.SerializeAsString())}}};
  }
  LifecycleRecord definition(int64_t sequence) const {
    LifecycleRecord out = record();
    out.type = "ChaincodeDefinition";
    out.fields.insert(out.fields.begin(), {"Sequence", ledger::encode_integer(sequence)});
    return out;
  }
};

LifecycleRecord source_record(const std::string& package) {
  return {"ChaincodeLocalPackage", {{"PackageID", ledger::encode_text(package)}}};
}

template <class Arguments>
Parameters parameters_of(const Arguments& arguments) {
  Parameters out;
  out.endorsement.set_version(arguments.version());
  out.endorsement.set_endorsement_plugin(arguments.endorsement_plugin());
  out.endorsement.set_init_required(arguments.init_required());
  out.validation.set_validation_plugin(arguments.validation_plugin());
  out.validation.set_validation_parameter(arguments.validation_parameter());
  out.collections = arguments.collections();
  return out;
}

template <class Result>
void describe(const Parameters& parameters, Result& out) {
  out.set_version(parameters.endorsement.version());
  out.set_endorsement_plugin(parameters.endorsement.endorsement_plugin());
  out.set_validation_plugin(parameters.validation.validation_plugin());
  out.set_validation_parameter(parameters.validation.validation_parameter());
  out.set_init_required(parameters.endorsement.init_required());
  *out.mutable_collections() = parameters.collections;
}

Result<Parameters> read_parameters(LifecycleState& state, const std::string& name) {
  Parameters out;
  const auto read = [&](const char* field, auto& message) -> Result<void> {
    const auto bytes = stored_bytes(state, kNamespaces, name, field);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!message.ParseFromString(*bytes))
      return fail(fmt::format("could not unmarshal key {}", field_key(kNamespaces, name, field)));
    return {};
  };
  if (auto done = read("EndorsementInfo", out.endorsement); !done)
    return tl::unexpected(done.error());
  if (auto done = read("ValidationInfo", out.validation); !done)
    return tl::unexpected(done.error());
  if (auto done = read("Collections", out.collections); !done) return tl::unexpected(done.error());
  return out;
}

Result<void> check_equal(const Parameters& old, const Parameters& passed) {
  const auto differ = [](const char* what, const std::string& expected, const std::string& got) {
    return fail(
        fmt::format("expected {0} '{1}' does not match passed {0} '{2}'", what, expected, got));
  };
  const auto text = [](bool value) { return std::string(value ? "true" : "false"); };
  const auto &a = old.endorsement, &b = passed.endorsement;
  if (a.version() != b.version()) return differ("Version", a.version(), b.version());
  if (a.endorsement_plugin() != b.endorsement_plugin())
    return differ("EndorsementPlugin", a.endorsement_plugin(), b.endorsement_plugin());
  if (a.init_required() != b.init_required())
    return differ("InitRequired", text(a.init_required()), text(b.init_required()));
  const auto &c = old.validation, &d = passed.validation;
  if (c.validation_plugin() != d.validation_plugin())
    return differ("ValidationPlugin", c.validation_plugin(), d.validation_plugin());
  if (c.validation_parameter() != d.validation_parameter())
    return differ("ValidationParameter", hex(c.validation_parameter()),
                  hex(d.validation_parameter()));
  if (!google::protobuf::util::MessageDifferencer::Equals(old.collections, passed.collections))
    return fail("Collections do not match");
  return {};
}

// One call of one function: what they share.
class Lifecycle {
 public:
  explicit Lifecycle(const LifecycleCall& call) : call_(call) {}

  Result<std::string> install(const lc::InstallChaincodeArgs& in) {
    auto installed = call_.installed.install(call_.peer.name(), in.chaincode_install_package());
    if (!installed) return tl::unexpected(installed.error());
    lc::InstallChaincodeResult out;
    out.set_package_id(installed->id);
    out.set_label(installed->label);
    return out.SerializeAsString();
  }

  Result<std::string> query_installed(const lc::QueryInstalledChaincodesArgs&) {
    lc::QueryInstalledChaincodesResult out;
    const auto references = all_references();
    for (const auto& [id, label] : call_.installed.list(call_.peer.name())) {
      auto& entry = *out.add_installed_chaincodes();
      entry.set_package_id(id);
      entry.set_label(label);
      fill_references(references, id, entry);
    }
    return out.SerializeAsString();
  }

  Result<std::string> query_one_installed(const lc::QueryInstalledChaincodeArgs& in) {
    for (const auto& [id, label] : call_.installed.list(call_.peer.name())) {
      if (id != in.package_id()) continue;
      lc::QueryInstalledChaincodeResult out;
      out.set_package_id(id);
      out.set_label(label);
      fill_references(all_references(), id, out);
      return out.SerializeAsString();
    }
    return fail(fmt::format("could not find chaincode with package id '{}'", in.package_id()));
  }

  Result<std::string> get_package(const lc::GetInstalledChaincodePackageArgs& in) {
    auto bytes = call_.installed.package(call_.peer.name(), in.package_id());
    if (!bytes) return tl::unexpected(bytes.error());
    lc::GetInstalledChaincodePackageResult out;
    out.set_chaincode_install_package(std::move(*bytes));
    return out.SerializeAsString();
  }

  Result<std::string> approve(const lc::ApproveChaincodeDefinitionForMyOrgArgs& in) {
    if (auto valid = validate(in.name(), in.version(), in.collections()); !valid)
      return fail("error validating chaincode definition: " + valid.error().message);
    LifecycleState open(*call_.simulator), own(*call_.simulator, call_.peer.msp_id());
    const auto current = stored_integer(open, kNamespaces, in.name(), "Sequence");
    if (!current) return fail("could not get current sequence: " + current.error().message);
    const int64_t wanted = in.sequence();
    if (*current == wanted && wanted == 0)
      return fail("requested sequence is 0, but first definable sequence number is 1");
    if (wanted < *current)
      return fail(fmt::format("currently defined sequence {} is larger than requested sequence {}",
                              *current, wanted));
    if (wanted > *current + 1)
      return fail(
          fmt::format("requested sequence {} is larger than the next available sequence number {}",
                      wanted, *current + 1));
    Parameters parameters = parameters_of(in);
    if (auto set = set_defaults(parameters); !set) return tl::unexpected(set.error());
    const std::string name = fmt::format("{}#{}", in.name(), wanted);
    const auto& package = in.source().local_package().package_id();
    const auto allowed = wanted == *current
                             ? check_redefinition(open, in.name(), wanted, parameters)
                             : check_news(own, name, in.name(), wanted, parameters, package);
    if (!allowed) return tl::unexpected(allowed.error());
    if (auto done = serialize(own, kNamespaces, name, parameters.record()); !done)
      return fail("could not serialize chaincode parameters to state: " + done.error().message);
    if (auto done = serialize(own, kSources, name, source_record(package)); !done)
      return fail("could not serialize chaincode package info to state: " + done.error().message);
    return lc::ApproveChaincodeDefinitionForMyOrgResult().SerializeAsString();
  }

  // Fabric finds out by reading where there is no ledger.
  Error approved_without_channel(const lc::QueryApprovedChaincodeDefinitionArgs& in) const {
    const auto reading = fmt::format("GET_STATE failed: transaction ID: {}: no ledger context",
                                     call_.transaction_id);
    if (in.sequence() == 0)
      return Error{
          fmt::format("could not get current sequence: could not get state for key "
                      "namespaces/fields/{}/Sequence: {}",
                      in.name(), reading)};
    return Error{fmt::format(
        "could not deserialize namespace metadata for {0}#{1}: could not query metadata for "
        "namespace namespaces/{0}#{1}: {2}",
        in.name(), in.sequence(), reading)};
  }

  Result<std::string> query_approved(const lc::QueryApprovedChaincodeDefinitionArgs& in) {
    if (!call_.channel) return tl::unexpected(approved_without_channel(in));
    LifecycleState open(*call_.simulator), own(*call_.simulator, call_.peer.msp_id());
    int64_t sequence = in.sequence();
    if (sequence == 0) {
      const auto current = stored_integer(open, kNamespaces, in.name(), "Sequence");
      if (!current) return fail("could not get current sequence: " + current.error().message);
      const auto next =
          stored_type(own, kNamespaces, fmt::format("{}#{}", in.name(), *current + 1));
      if (!next) return tl::unexpected(next.error());
      sequence = *next ? *current + 1 : *current;
    }
    const std::string name = fmt::format("{}#{}", in.name(), sequence);
    const std::string missing = fmt::format(
        "could not fetch approved chaincode definition (name: '{}', sequence: '{}') on channel "
        "'{}'",
        in.name(), in.sequence(), call_.channel->name());
    const auto type = stored_type(own, kNamespaces, name);
    if (!type) return tl::unexpected(type.error());
    if (!*type) return fail(missing);
    const auto parameters = read_parameters(own, name);
    if (!parameters) return tl::unexpected(parameters.error());
    const auto source = stored_type(own, kSources, name);
    if (!source) return tl::unexpected(source.error());
    if (!*source) return fail(missing);
    const auto package = stored_bytes(own, kSources, name, "PackageID");
    if (!package) return tl::unexpected(package.error());
    lc::QueryApprovedChaincodeDefinitionResult out;
    out.set_sequence(sequence);
    describe(*parameters, out);
    if (package->empty())
      out.mutable_source()->mutable_unavailable();
    else
      out.mutable_source()->mutable_local_package()->set_package_id(*package);
    return out.SerializeAsString();
  }

  Result<std::string> check_readiness(const lc::CheckCommitReadinessArgs& in) {
    if (auto may = needs_channel(); !may) return tl::unexpected(may.error());
    Parameters parameters = parameters_of(in);
    const auto approvals = readiness(in.name(), in.sequence(), parameters);
    if (!approvals) return tl::unexpected(approvals.error());
    lc::CheckCommitReadinessResult out;
    for (const auto& [org, agrees] : *approvals) (*out.mutable_approvals())[org] = agrees;
    return out.SerializeAsString();
  }

  Result<std::string> commit(const lc::CommitChaincodeDefinitionArgs& in) {
    if (auto valid = validate(in.name(), in.version(), in.collections()); !valid)
      return fail("error validating chaincode definition: " + valid.error().message);
    Parameters parameters = parameters_of(in);
    const auto approvals = readiness(in.name(), in.sequence(), parameters);
    if (!approvals) return tl::unexpected(approvals.error());
    LifecycleState open(*call_.simulator);
    if (auto done = serialize(open, kNamespaces, in.name(), parameters.definition(in.sequence()));
        !done)
      return fail("could not serialize chaincode definition: " + done.error().message);
    const auto own = approvals->find(call_.peer.msp_id());
    if (own == approvals->end())
      return fail(
          "impossibly, this peer's org is processing requests for a channel it is not a member of");
    if (!own->second)
      return fail(
          fmt::format("chaincode definition not agreed to by this org ({})", call_.peer.msp_id()));
    return lc::CommitChaincodeDefinitionResult().SerializeAsString();
  }

  // The error is for status 404 when `missing` is set.
  Result<std::string> query_definition(const lc::QueryChaincodeDefinitionArgs& in, bool& missing) {
    if (auto may = needs_channel(); !may) return tl::unexpected(may.error());
    LifecycleState open(*call_.simulator);
    const auto type = stored_type(open, kNamespaces, in.name());
    if (!type) return tl::unexpected(type.error());
    if (!*type) {
      missing = true;
      return fail(fmt::format("namespace {} is not defined", in.name()));
    }
    const auto sequence = stored_integer(open, kNamespaces, in.name(), "Sequence");
    if (!sequence) return tl::unexpected(sequence.error());
    const auto parameters = read_parameters(open, in.name());
    if (!parameters) return tl::unexpected(parameters.error());
    const auto approvals = approvals_of(in.name(), *sequence, *parameters);
    if (!approvals) return tl::unexpected(approvals.error());
    lc::QueryChaincodeDefinitionResult out;
    out.set_sequence(*sequence);
    describe(*parameters, out);
    for (const auto& [org, agrees] : *approvals) (*out.mutable_approvals())[org] = agrees;
    return out.SerializeAsString();
  }

  Result<std::string> query_definitions(const lc::QueryChaincodeDefinitionsArgs&) {
    if (auto may = needs_channel(); !may) return tl::unexpected(may.error());
    const std::string prefix = metadata_key(kNamespaces, "");
    Scan* scan = call_.simulator->range(kLifecycle, prefix, prefix + "\x7f");
    lc::QueryChaincodeDefinitionsResult out;
    LifecycleState open(*call_.simulator);
    while (auto found = scan->next()) {
      const std::string name = found->key.substr(prefix.size());
      if (auto type = stored_type(open, kNamespaces, name); !type)
        return tl::unexpected(type.error());
      const auto sequence = stored_integer(open, kNamespaces, name, "Sequence");
      if (!sequence) return tl::unexpected(sequence.error());
      const auto parameters = read_parameters(open, name);
      if (!parameters) return tl::unexpected(parameters.error());
      auto& entry = *out.add_chaincode_definitions();
      entry.set_name(name);
      entry.set_sequence(*sequence);
      describe(*parameters, entry);
    }
    return out.SerializeAsString();
  }

 private:
  using Approvals = std::map<std::string, bool>;  // by MSP id
  struct Reference {
    std::string channel, name, version;
  };
  using References = std::map<std::string, std::vector<Reference>>;  // by package id

  Result<void> needs_channel() const {
    if (!call_.channel) return fail("no application config for channel ''");
    return {};
  }

  Result<void> validate(const std::string& name, const std::string& version,
                        const ::protos::CollectionConfigPackage& collections) {
    if (!ledger::is_chaincode_name(name))
      return fail(
          fmt::format("invalid chaincode name '{}'. Names can only consist of "
                      "alphanumerics, '_', and '-' and can only begin with alphanumerics",
                      name));
    if (ledger::is_system_chaincode(name))
      return fail(fmt::format("chaincode name '{}' is the name of a system chaincode", name));
    if (!ledger::is_chaincode_version(version))
      return fail(
          fmt::format("invalid chaincode version '{}'. Versions can only consist of "
                      "alphanumerics, '_', '-', '+', and '.'",
                      version));
    if (!call_.channel) return fail("could not get channelconfig for channel ''");
    // A real peer looks the committed definition up through the simulator.
    LifecycleState open(*call_.simulator);
    const auto type = stored_type(open, kNamespaces, name);
    if (!type) return tl::unexpected(type.error());
    std::string committed;
    if (*type) {
      if (auto sequence = stored_integer(open, kNamespaces, name, "Sequence"); !sequence)
        return tl::unexpected(sequence.error());
      const auto parameters = read_parameters(open, name);
      if (!parameters) return tl::unexpected(parameters.error());
      committed = parameters->collections.SerializeAsString();
    } else {
      call_.simulator->get(kLegacy, name);
    }
    return check_collections(collections, committed, *call_.channel->ledger().config());
  }

  Result<void> set_defaults(Parameters& parameters) const {
    if (parameters.endorsement.endorsement_plugin().empty())
      parameters.endorsement.set_endorsement_plugin("escc");
    if (parameters.validation.validation_plugin().empty())
      parameters.validation.set_validation_plugin("vscc");
    if (!parameters.validation.validation_parameter().empty()) return {};
    const std::string policy(kDefaultPolicy);
    if (!call_.channel->ledger().config()->policies->contains(policy))
      return fail(fmt::format(
          "could not set defaults for chaincode definition in channel {0}: policy '{1}' must be "
          "defined for channel '{0}' before chaincode operations can be attempted",
          call_.channel->name(), policy));
    ::protos::ApplicationPolicy reference;
    reference.set_channel_config_policy_reference(policy);
    parameters.validation.set_validation_parameter(reference.SerializeAsString());
    return {};
  }

  Result<void> check_redefinition(LifecycleState& open, const std::string& name, int64_t sequence,
                                  const Parameters& parameters) {
    const auto type = stored_type(open, kNamespaces, name);
    if (!type) return tl::unexpected(type.error());
    if (!*type)
      return fail(
          fmt::format("missing metadata for currently committed sequence number ({})", sequence));
    if (auto again = stored_integer(open, kNamespaces, name, "Sequence"); !again)
      return tl::unexpected(again.error());
    const auto old = read_parameters(open, name);
    if (!old) return tl::unexpected(old.error());
    if (auto equal = check_equal(*old, parameters); !equal)
      return fail(
          fmt::format("attempted to redefine the current committed sequence ({}) for "
                      "namespace {} with different parameters: {}",
                      sequence, name, equal.error().message));
    return {};
  }

  Result<void> check_news(LifecycleState& own, const std::string& private_name,
                          const std::string& name, int64_t sequence, const Parameters& parameters,
                          const std::string& package) {
    const auto type = stored_type(own, kNamespaces, private_name);
    if (!type) return tl::unexpected(type.error());
    if (!*type) return {};
    const auto old = read_parameters(own, private_name);
    if (!old) return tl::unexpected(old.error());
    if (!check_equal(*old, parameters)) return {};
    const auto source = stored_type(own, kSources, private_name);
    if (!source) return tl::unexpected(source.error());
    if (!*source) return {};
    const auto approved = stored_bytes(own, kSources, private_name, "PackageID");
    if (!approved) return tl::unexpected(approved.error());
    if (*approved == package)
      return fail(
          fmt::format("attempted to redefine uncommitted sequence ({}) for namespace {} "
                      "with unchanged content",
                      sequence, name));
    return {};
  }

  Result<Approvals> readiness(const std::string& name, int64_t sequence, Parameters& parameters) {
    LifecycleState open(*call_.simulator);
    const auto current = stored_integer(open, kNamespaces, name, "Sequence");
    if (!current) return fail("could not get current sequence: " + current.error().message);
    if (sequence != *current + 1)
      return fail(fmt::format("requested sequence is {}, but new definition must be sequence {}",
                              sequence, *current + 1));
    if (auto set = set_defaults(parameters); !set) return tl::unexpected(set.error());
    return approvals_of(name, sequence, parameters);
  }

  Result<Approvals> approvals_of(const std::string& name, int64_t sequence,
                                 const Parameters& parameters) {
    Approvals out;
    const std::string private_name = fmt::format("{}#{}", name, sequence);
    for (const auto& org : call_.channel->ledger().config()->application) {
      LifecycleState theirs(*call_.simulator, org.msp_id);
      const auto same = is_serialized(theirs, kNamespaces, private_name, parameters.record());
      if (!same) return tl::unexpected(same.error());
      out[org.msp_id] = *same;
    }
    return out;
  }

  // Which definitions of which channels the peer's organisation runs with which package.
  References all_references() const {
    References out;
    for (const auto& channel_name : call_.peer.channels()) {
      const auto channel = call_.peer.channel(channel_name);
      if (!channel) continue;
      for (const auto& name : ledger::defined_chaincodes(channel->ledger())) {
        const auto definition = ledger::find_definition(channel->ledger(), name);
        if (!definition || !*definition || (*definition)->sequence == 0) continue;
        const auto package =
            approved_package(channel->ledger(), call_.peer.msp_id(), name, (*definition)->sequence);
        if (package && !package->empty())
          out[*package].push_back({channel_name, name, (*definition)->version});
      }
    }
    return out;
  }

  template <class Entry>
  static void fill_references(const References& references, const std::string& id, Entry& entry) {
    const auto found = references.find(id);
    if (found == references.end()) return;
    for (const auto& reference : found->second) {
      auto& chaincode = *(*entry.mutable_references())[reference.channel].add_chaincodes();
      chaincode.set_name(reference.name);
      chaincode.set_version(reference.version);
    }
  }

  const LifecycleCall& call_;
};

::protos::Response response(int status, std::string message) {
  ::protos::Response out;
  out.set_status(status);
  out.set_message(std::move(message));
  return out;
}

template <class Arguments, class Function>
::protos::Response dispatch(const std::string& name, const std::string& argument,
                            Function function) {
  Arguments arguments;
  bool missing = false;
  Result<std::string> result =
      arguments.ParseFromString(argument)
          ? function(arguments, missing)
          : fail(fmt::format("could not decode input arg for *lifecycle.Invocation.{}: proto: "
                             "cannot parse invalid wire-format data",
                             name));
  if (result) {
    ::protos::Response out;
    out.set_status(200);
    out.set_payload(std::move(*result));
    return out;
  }
  if (missing) return response(404, result.error().message);
  return response(500, fmt::format("failed to invoke backing implementation of '{}': {}", name,
                                   result.error().message));
}

}  // namespace

::protos::Response call_lifecycle(const LifecycleCall& call, const std::string& function,
                                  const std::string& argument) {
  Lifecycle lifecycle(call);
  const auto run =
      [&]<class Arguments>(Result<std::string> (Lifecycle::*method)(const Arguments&)) {
        return dispatch<Arguments>(function, argument, [&](const Arguments& arguments, bool&) {
          return (lifecycle.*method)(arguments);
        });
      };
  if (function == "InstallChaincode") return run(&Lifecycle::install);
  if (function == "QueryInstalledChaincodes") return run(&Lifecycle::query_installed);
  if (function == "QueryInstalledChaincode") return run(&Lifecycle::query_one_installed);
  if (function == "GetInstalledChaincodePackage") return run(&Lifecycle::get_package);
  if (function == "ApproveChaincodeDefinitionForMyOrg") return run(&Lifecycle::approve);
  if (function == "QueryApprovedChaincodeDefinition") return run(&Lifecycle::query_approved);
  if (function == "CheckCommitReadiness") return run(&Lifecycle::check_readiness);
  if (function == "CommitChaincodeDefinition") return run(&Lifecycle::commit);
  if (function == "QueryChaincodeDefinitions") return run(&Lifecycle::query_definitions);
  if (function == "QueryChaincodeDefinition")
    return dispatch<lc::QueryChaincodeDefinitionArgs>(
        function, argument, [&](const auto& arguments, bool& missing) {
          return lifecycle.query_definition(arguments, missing);
        });
  return response(500, fmt::format("failed to invoke backing implementation of '{0}': receiver "
                                   "*lifecycle.Invocation.{0} does not exist",
                                   function));
}

Result<std::string> approved_package(const ledger::Reader& state, const std::string& msp_id,
                                     const std::string& chaincode, int64_t sequence) {
  const std::string collection = "_implicit_org_" + msp_id;
  const std::string name = fmt::format("{}#{}", chaincode, sequence);
  const std::string key = field_key(kSources, name, "PackageID");
  // The approved parameters must be the committed ones.
  for (const char* field : {"EndorsementInfo", "ValidationInfo", "Collections"}) {
    const auto committed = state.get(kLifecycle, field_key(kNamespaces, chaincode, field));
    const auto approved = state.private_hash(kLifecycle, collection,
                                             view(sha256(field_key(kNamespaces, name, field))));
    if (!committed || !approved || approved->bytes != view(sha256(committed->bytes)))
      return fail("not approved");
  }
  const auto value = state.private_value(kLifecycle, collection, key);
  if (!value) return std::string();
  return ledger::decode_bytes(value->bytes);
}

}  // namespace belfry::devnet

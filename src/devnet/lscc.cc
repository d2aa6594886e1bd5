#include "devnet/lscc.h"

#include <fmt/format.h>

#include <map>

#include "common/policies.pb.h"
#include "devnet/system_answer.h"
#include "ledger/chaincode_definition.h"
#include "ledger/definition_policies.h"
#include "ledger/legacy_check.h"
#include "msp/policy.h"
#include "peer/chaincode.pb.h"
#include "peer/collection.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/query.pb.h"

namespace belfry::devnet {
namespace {

const std::string kLegacy(ledger::kLegacyLifecycle);
constexpr std::string_view kCollectionSuffix = "~collection";

::protos::Response wrong_count(size_t count) {
  return refuse(fmt::format("invalid number of arguments to lscc: {}", count));
}

bool deploys(const std::string& function) {
  return function == "deploy" || function == "upgrade";
}

Result<void> check_names(const std::string& name, const std::string& version) {
  if (!ledger::is_chaincode_name(name))
    return fail(fmt::format(
        "invalid chaincode name '{}'. Names must start with an alphanumeric character and can only "
        "consist of alphanumerics, '_', and '-'",
        name));
  if (!ledger::is_chaincode_version(version))
    return fail(
        fmt::format("invalid chaincode version '{}'. Versions must not be empty and can only "
                    "consist of alphanumerics, '_',  '-', '+', and '.'",
                    version));
  return {};
}

std::string not_found(const std::string& name) {
  return fmt::format("could not find chaincode with name '{}'", name);
}

// The arguments of deploy and upgrade, with their defaults.
struct Deployment {
  std::string name, version;
  std::string policy;  // serialized common.SignaturePolicyEnvelope
  std::string escc = "escc", vscc = "vscc";
  std::string collections;  // serialized peer.CollectionConfigPackage
};

class Lscc {
 public:
  explicit Lscc(const LsccCall& call) : call_(call) {}

  Result<std::string> install(const std::string& bytes) {
    auto package = LegacyPackage::parse(bytes);
    if (!package) return tl::unexpected(package.error());
    if (auto good = check_names(package->name, package->version); !good)
      return tl::unexpected(good.error());
    if (ledger::is_system_chaincode(package->name))
      return fail(
          fmt::format("cannot install: {} is the name of a system chaincode", package->name));
    auto done = call_.packages.install(call_.peer.name(), std::move(*package));
    if (!done) return tl::unexpected(done.error());
    return "OK";
  }

  Result<std::string> installed() {
    ::protos::ChaincodeQueryResponse out;
    for (const auto& package : call_.packages.list(call_.peer.name())) {
      auto& info = *out.add_chaincodes();
      info.set_name(package.name);
      info.set_version(package.version);
      info.set_path(package.path);
      info.set_id(package.id);
    }
    return out.SerializeAsString();
  }

  Result<std::string> deploy(const std::vector<std::string>& args) {
    const bool upgrades = args[0] == "upgrade";
    if (args[1].empty()) return fail("invalid channel name: ");
    const auto channel = call_.peer.channel(args[1]);
    if (!channel || args[1] != call_.channel)
      return fail(fmt::format("channel {} is not the proposal's", args[1]));
    const auto config = channel->ledger().config();
    if (ledger::has_new_lifecycle(*config))
      return fail(fmt::format(
          "Channel '{}' has been migrated to the new lifecycle, LSCC is now read-only", args[1]));
    if (args.size() > 7)
      return fail(fmt::format("invalid number of arguments to lscc: {}", args.size()));
    auto read = read_arguments(args, *config);
    if (!read) return tl::unexpected(read.error());
    const Deployment& wanted = *read;
    if (auto good = check_names(wanted.name, wanted.version); !good)
      return tl::unexpected(good.error());
    const auto package = call_.packages.find(call_.peer.name(), wanted.name + ":" + wanted.version);
    if (!package)
      return fail(
          fmt::format("cannot get package for chaincode ({}:{})", wanted.name, wanted.version));

    const auto old = call_.simulator->get(kLegacy, wanted.name);
    if (!upgrades && old)
      return fail(fmt::format("chaincode with name '{}' already exists", wanted.name));
    if (upgrades && !old) return fail(not_found(wanted.name));
    if (upgrades) {
      ::protos::ChaincodeData before;
      if (!before.ParseFromString(*old)) return fail("error while marshalling: " + wanted.name);
      if (before.version() == wanted.version)
        return fail(
            fmt::format("version already exists for chaincode with name '{}'", wanted.name));
      if (!before.has_instantiation_policy()) return fail("instantiation policy missing");
      if (auto may = check_instantiation(*config, before.instantiation_policy()); !may)
        return tl::unexpected(may.error());
    }
    ::protos::ChaincodeData data;
    data.set_name(wanted.name);
    data.set_version(wanted.version);
    data.set_escc(wanted.escc);
    data.set_vscc(wanted.vscc);
    if (!data.mutable_policy()->ParseFromString(wanted.policy))
      return fail("the endorsement policy is no SignaturePolicyEnvelope");
    data.set_data(package->data);
    data.set_id(package->id);
    if (package->instantiation_policy.empty())
      *data.mutable_instantiation_policy() = ledger::any_admin_of(msp_ids(*config));
    else if (!data.mutable_instantiation_policy()->ParseFromString(package->instantiation_policy))
      return fail("the instantiation policy is no SignaturePolicyEnvelope");
    if (auto may = check_instantiation(*config, data.instantiation_policy()); !may)
      return tl::unexpected(may.error());
    const std::string entry = data.SerializeAsString();
    if (auto put = call_.simulator->put(kLegacy, wanted.name, entry); !put)
      return tl::unexpected(put.error());
    if (auto put = put_collections(wanted); !put) return tl::unexpected(put.error());
    return entry;
  }

  Result<std::string> entry_of(const std::string& function, const std::string& name) {
    const auto bytes = call_.simulator->get(kLegacy, name);
    if (!bytes) return fail(not_found(name));
    if (function == "getccdata" || function == "GetChaincodeData") return *bytes;
    ::protos::ChaincodeData data;
    if (!data.ParseFromString(*bytes)) return fail("error while marshalling: " + name);
    if (data.name() != name)
      return fail(fmt::format("chaincode name mismatch: {}!={}", name, data.name()));
    if (function == "getid" || function == "ChaincodeExists") return data.name();
    const auto package = call_.packages.find(call_.peer.name(), data.name() + ":" + data.version());
    if (!package) return fail("invalid deployment spec: " + package.error().message);
    if (package->data != data.data()) return fail("chaincode fingerprint mismatch: data mismatch");
    return package->spec;
  }

  Result<std::string> instantiated() {
    ::protos::ChaincodeQueryResponse out;
    Scan* entries = call_.simulator->range(kLegacy, "\1", "");
    while (const auto entry = entries->next()) {
      if (entry->key.ends_with(kCollectionSuffix)) continue;
      ::protos::ChaincodeData data;
      if (!data.ParseFromString(entry->value))
        return fail("error while marshalling: " + entry->key);
      auto& info = *out.add_chaincodes();
      info.set_name(data.name());
      info.set_version(data.version());
      info.set_escc(data.escc());
      info.set_vscc(data.vscc());
      const auto package =
          call_.packages.find(call_.peer.name(), data.name() + ":" + data.version());
      if (package) info.set_path(package->path);
    }
    return out.SerializeAsString();
  }

  Result<std::string> collections(const std::string& name) {
    const auto bytes = call_.simulator->get(kLegacy, name + std::string(kCollectionSuffix));
    if (!bytes || bytes->empty())
      return fail("collections config not defined for chaincode " + name);
    return *bytes;
  }

 private:
  static std::vector<std::string> msp_ids(const msp::ChannelConfig& config) {
    std::vector<std::string> out;
    for (const auto& org : config.application) out.push_back(org.msp_id);
    return out;
  }

  static Result<Deployment> read_arguments(const std::vector<std::string>& args,
                                           const msp::ChannelConfig& config) {
    ::protos::ChaincodeDeploymentSpec spec;
    if (!spec.ParseFromString(args[2]))
      return fail(
          "error unmarshalling ChaincodeDeploymentSpec: proto: cannot parse invalid wire-format "
          "data");
    const auto given = [&](size_t at) { return args.size() > at && !args[at].empty(); };
    Deployment out;
    out.name = spec.chaincode_spec().chaincode_id().name();
    out.version = spec.chaincode_spec().chaincode_id().version();
    out.policy = given(3) ? args[3] : ledger::any_member_of(msp_ids(config)).SerializeAsString();
    if (given(4)) out.escc = args[4];
    if (given(5)) out.vscc = args[5];
    if (given(6)) out.collections = args[6];
    return out;
  }

  Result<void> check_instantiation(const msp::ChannelConfig& config,
                                   const ::common::SignaturePolicyEnvelope& policy) {
    const auto compiled = msp::SignaturePolicy::compile(policy);
    if (!compiled) return tl::unexpected(compiled.error());
    // The creator's signature was verified when the proposal came in.
    const auto member = config.msps->member(call_.proposal.creator);
    if (!member || !compiled->satisfied_by(std::span(&*member, 1)))
      return fail("instantiation policy violation: signature set did not satisfy policy");
    return {};
  }

  Result<void> put_collections(const Deployment& wanted) {
    if (wanted.collections.empty()) return {};
    ::protos::CollectionConfigPackage package;
    if (!package.ParseFromString(wanted.collections))
      return fail(fmt::format("invalid collection configuration supplied for chaincode {}:{}",
                              wanted.name, wanted.version));
    for (const auto& config : package.config())
      if (auto good = check_collection(config); !good)
        return fail("collection member policy check failed: " + good.error().message);
    return call_.simulator->put(kLegacy, wanted.name + std::string(kCollectionSuffix),
                                wanted.collections);
  }

  static Result<void> check_collection(const ::protos::CollectionConfig& config) {
    if (!config.has_static_collection_config()) return fail("collection configuration is empty");
    const auto& collection = config.static_collection_config();
    if (!collection.has_member_orgs_policy()) return fail("collection member policy is not set");
    if (!collection.member_orgs_policy().has_signature_policy())
      return fail("collection member org policy is empty");
    const auto compiled =
        msp::SignaturePolicy::compile(collection.member_orgs_policy().signature_policy());
    if (!compiled)
      return fail(fmt::format("invalid member org policy for collection '{}': {}",
                              collection.name(), compiled.error().message));
    return {};
  }

  const LsccCall& call_;
};

// Functions by name, each with its resource and how many arguments it takes.
struct Query {
  const char* resource;
  size_t arguments;
};

const Query* query_of(const std::string& function) {
  static const std::map<std::string, Query, std::less<>> queries = {
      {"getid", {"lscc/ChaincodeExists", 3}},
      {"ChaincodeExists", {"lscc/ChaincodeExists", 3}},
      {"getdepspec", {"lscc/GetDeploymentSpec", 3}},
      {"GetDeploymentSpec", {"lscc/GetDeploymentSpec", 3}},
      {"getccdata", {"lscc/GetChaincodeData", 3}},
      {"GetChaincodeData", {"lscc/GetChaincodeData", 3}},
      {"getchaincodes", {"lscc/GetInstantiatedChaincodes", 1}},
      {"GetChaincodes", {"lscc/GetInstantiatedChaincodes", 1}},
      {"getinstalledchaincodes", {"lscc/GetInstalledChaincodes", 1}},
      {"GetInstalledChaincodes", {"lscc/GetInstalledChaincodes", 1}},
      {"getcollectionsconfig", {"lscc/GetCollectionsConfig", 2}},
      {"GetCollectionsConfig", {"lscc/GetCollectionsConfig", 2}},
  };
  const auto found = queries.find(function);
  return found != queries.end() ? &found->second : nullptr;
}

::protos::Response denied(const std::string& function, const std::string& channel,
                          const std::string& why) {
  return refuse(channel.empty()
                    ? fmt::format("access denied for [{}]: {}", function, why)
                    : fmt::format("access denied for [{}][{}]: {}", function, channel, why));
}

}  // namespace

::protos::Response call_lscc(const LsccCall& call, const std::vector<std::string>& args) {
  if (args.empty()) return wrong_count(0);
  const auto& function = args[0];
  Lscc lscc(call);
  if (function == "install") {
    if (args.size() < 2) return wrong_count(args.size());
    if (auto may = call.check_access("lscc/Install", ""); !may)
      return denied(function, "", may.error().message);
    return answer(lscc.install(args[1]));
  }
  if (deploys(function)) {
    if (args.size() < 3) return wrong_count(args.size());
    if (!call.simulator) return refuse("invalid channel name: ");
    return answer(lscc.deploy(args));
  }
  const Query* query = query_of(function);
  if (!query) return refuse("invalid function to lscc: " + function);
  if (args.size() != query->arguments) return wrong_count(args.size());
  const bool of_peer = std::string_view(query->resource) == "lscc/GetInstalledChaincodes";
  const std::string channel = of_peer ? "" : args.size() == 3 ? args[1] : call.channel;
  if (auto may = call.check_access(query->resource, channel); !may)
    return denied(function, args.size() == 2 ? "" : channel, may.error().message);
  if (of_peer) return answer(lscc.installed());
  if (!call.simulator) return refuse("no ledger context");
  if (args.size() == 3) return answer(lscc.entry_of(function, args[2]));
  if (args.size() == 2) return answer(lscc.collections(args[1]));
  return answer(lscc.instantiated());
}

Result<std::unique_ptr<::protos::ChaincodeSpec>> deployed_chaincode(
    const std::vector<std::string>& args) {
  if (args.size() < 3 || !deploys(args[0])) return nullptr;
  ::protos::ChaincodeDeploymentSpec spec;
  if (!spec.ParseFromString(args[2])) return fail("the deployment spec does not decode");
  if (!spec.code_package().empty())
    return fail("lscc upgrade/deploy should not include a code packages");
  return std::unique_ptr<::protos::ChaincodeSpec>(spec.release_chaincode_spec());
}

}  // namespace belfry::devnet

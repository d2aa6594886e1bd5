#include "devnet/deploy.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/log.h"
#include "base/random.h"
#include "devnet/chaincode_way.h"
#include "devnet/lifecycle.h"
#include "devnet/proposal_maker.h"
#include "ledger/chaincode_definition.h"
#include "ledger/legacy_check.h"
#include "peer/chaincode.pb.h"
#include "peer/collection.pb.h"
#include "peer/lifecycle/lifecycle.pb.h"
#include "peer/policy.pb.h"

namespace belfry::devnet {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// A promise's other end, if it comes in time.
template <class T>
Result<T> await(std::future<Result<T>> future, const std::string& what) {
  if (future.wait_for(kPatience) != std::future_status::ready)
    return fail(fmt::format("{} took longer than {} s", what, kPatience.count()));
  return future.get();
}

Result<::protos::ProposalResponse> endorse(EndorsingPeer& peer, const MadeProposal& proposal,
                                           const std::string& what) {
  auto promise = std::make_shared<std::promise<Result<::protos::ProposalResponse>>>();
  auto future = promise->get_future();
  peer.process(proposal.signed_proposal, [promise](ProposalAnswer answer) {
    if (!answer) return promise->set_value(tl::unexpected(answer.error()));
    if ((*answer)->response().status() != 200)
      return promise->set_value(fail((*answer)->response().message()));
    promise->set_value(std::move(**answer));
  });
  return await(std::move(future), what);
}

// Has the peers endorse a call of a system chaincode and waits until it is committed as valid.
Result<void> call(Channel& channel, const Clock& clock, const EndorsingPeers& peers,
                  const msp::SigningIdentity& signer, std::string_view chaincode,
                  const std::vector<std::string>& args) {
  const std::string& function = args.front();
  const auto proposal =
      make_proposal(channel.name(), std::string(chaincode), args, signer, clock, secure_random());
  std::vector<::protos::ProposalResponse> responses;
  for (const auto& peer : peers) {
    auto response = endorse(*peer, proposal, function);
    if (!response) return tl::unexpected(response.error());
    responses.push_back(std::move(*response));
  }
  const auto transaction = make_transaction(*proposal.signed_proposal, responses, signer);
  if (!transaction) return tl::unexpected(transaction.error());
  auto promise = std::make_shared<std::promise<Result<uint8_t>>>();
  auto future = promise->get_future();
  const uint64_t waiter = channel.when_committed(
      proposal.transaction_id,
      [promise](const CommitStatus& status) { promise->set_value(status.code); });
  const auto answer = channel.broadcast(*transaction);
  if (answer.status != Status::success) {
    channel.forget(waiter);
    return fail(function + " was not ordered: " + answer.info);
  }
  const auto code = await(std::move(future), function);
  channel.forget(waiter);
  if (!code) return tl::unexpected(code.error());
  if (*code != ledger::code::kValid)
    return fail(fmt::format("{} became invalid: {}", function, ledger::code_name(*code)));
  return {};
}

template <class Arguments>
std::string arguments_for(const Deployment& deployment, int64_t sequence,
                          const std::string& package_id) {
  Arguments out;
  out.set_sequence(sequence);
  out.set_name(deployment.name);
  out.set_version(deployment.version);
  out.set_validation_parameter(deployment.endorsement_policy);
  out.set_init_required(deployment.init_required);
  if (!deployment.collections.empty())
    out.mutable_collections()->ParseFromString(deployment.collections);
  if constexpr (requires { out.mutable_source(); }) {
    if (package_id.empty())
      out.mutable_source()->mutable_unavailable();
    else
      out.mutable_source()->mutable_local_package()->set_package_id(package_id);
  }
  return out.SerializeAsString();
}

// Up before they are asked for the first time; why one is not, the first call says. One after
// another, as each of them may find that it has to `npm install` first.
void bring_up(ChaincodeRuntime& runtime, std::vector<std::string> ids) {
  if (ids.empty()) return;
  const std::string id = std::move(ids.front());
  ids.erase(ids.begin());
  runtime.launch(id, [runtime = runtime.weak_from_this(), id,
                      ids = std::move(ids)](const auto& launched) mutable {
    if (!launched)
      log::warn("a chaincode did not come up",
                {{"chaincode", id}, {"why", launched.error().message}});
    if (const auto alive = runtime.lock()) bring_up(*alive, std::move(ids));
  });
}

// Through lscc: installed on every peer as a package without code, instantiated or upgraded by an
// administrator, which runs the chaincode's Init.
Result<void> deploy_legacy(const EndorsingServices& endorsing, const Clock& clock, Channel& channel,
                           const Deployment& deployment, bool upgrades) {
  ::protos::ChaincodeDeploymentSpec spec;
  spec.mutable_chaincode_spec()->set_type(::protos::ChaincodeSpec::GOLANG);
  auto& id = *spec.mutable_chaincode_spec()->mutable_chaincode_id();
  id.set_name(deployment.name);
  id.set_version(deployment.version);
  const auto package = LegacyPackage::parse(spec.SerializeAsString());
  if (!package) return tl::unexpected(package.error());
  const auto peers = peers_of_channel(endorsing.peers(), deployment.channel);
  if (peers.empty()) return fail("no peer has joined channel " + deployment.channel);
  for (const auto& peer : peers) {
    if (endorsing.legacy().find(peer->peer().name(), package->key())) continue;
    if (auto done = endorsing.legacy().install(peer->peer().name(), *package); !done) return done;
  }
  spec.mutable_chaincode_spec()->mutable_input();
  ::protos::ApplicationPolicy policy;
  if (!policy.ParseFromString(deployment.endorsement_policy) ||
      (!deployment.endorsement_policy.empty() && !policy.has_signature_policy()))
    return fail("channels of Fabric 1.4 take signature policies only");
  const auto& speaker = peers.front();
  return call(channel, clock, {speaker}, *speaker->peer().organization().admin().identity,
              ledger::kLegacyLifecycle,
              {upgrades ? "upgrade" : "deploy", deployment.channel, spec.SerializeAsString(),
               policy.signature_policy().SerializeAsString(), "", "", deployment.collections});
}

}  // namespace

Result<void> deploy(const EndorsingServices& endorsing, Network& network,
                    const Deployment& deployment) {
  const auto channel = network.channels().find(deployment.channel);
  if (!channel) return fail("there is no channel " + deployment.channel);
  const auto definition = ledger::find_definition(channel->ledger(), deployment.name);
  if (!definition) return tl::unexpected(definition.error());
  const auto& clock = network.context().clock;
  if (!ledger::has_new_lifecycle(*channel->ledger().config()))
    return deploy_legacy(endorsing, clock, *channel, deployment, definition->has_value());
  const int64_t sequence = *definition ? (*definition)->sequence + 1 : 1;
  // One peer of each organisation speaks for it.
  EndorsingPeers speakers;
  for (const auto& peer : peers_of_channel(endorsing.peers(), deployment.channel)) {
    const auto& msp_id = peer->peer().msp_id();
    if (!speakers.empty() && speakers.back()->peer().msp_id() == msp_id) continue;
    speakers.push_back(peer);
  }
  if (speakers.empty()) return fail("no peer has joined channel " + deployment.channel);
  for (const auto& peer : speakers)
    if (auto done = call(
            *channel, clock, {peer}, *peer->peer().organization().admin().identity,
            ledger::kLifecycle,
            {"ApproveChaincodeDefinitionForMyOrg",
             arguments_for<::lifecycle::ApproveChaincodeDefinitionForMyOrgArgs>(
                 deployment, sequence,
                 deployment.own_packages ? package_of(deployment.package_id, peer->peer().msp_id())
                                         : deployment.package_id)});
        !done)
      return done;
  return call(
      *channel, clock, speakers, *speakers.front()->peer().organization().admin().identity,
      ledger::kLifecycle,
      {"CommitChaincodeDefinition",
       arguments_for<::lifecycle::CommitChaincodeDefinitionArgs>(deployment, sequence, "")});
}

std::string package_of(const std::string& package_id, const std::string& msp_id) {
  return fmt::format("{}.{}", msp_id, package_id);
}

Result<void> deploy_from(EndorsingServices& endorsing, Network& network, FileSystem& files,
                         const std::string& channel_name, const ChaincodeSource& source) {
  const auto& name = source.name;
  const auto channel = network.channels().find(channel_name);
  if (!channel) return fail("there is no channel " + channel_name);
  const auto definition = ledger::find_definition(channel->ledger(), name);
  if (!definition) return tl::unexpected(definition.error());
  Deployment deployment;
  deployment.channel = channel_name;
  deployment.name = name;
  if (*definition) deployment.version = (*definition)->version;
  deployment.package_id = fmt::format("{}:{}", name, deployment.version);
  if (auto made = files.make_folders(source.log_folder); !made) return made;
  const auto log = [&](const std::string& whose) {
    return fmt::format("{}/{}.log", source.log_folder, whose);
  };
  auto way = chaincode_way(files, source.path_or_address, log(name));
  if (!way) return tl::unexpected(way.error());
  auto* program = std::get_if<ChaincodeProgram>(&*way);
  deployment.own_packages = source.per_organization && program != nullptr;
  // Whichever way it was approved before, it is there.
  std::vector<std::string> wanted;
  for (const OrganizationMaterial& each : network.material().organizations) {
    const std::string id = package_of(deployment.package_id, each.msp_id);
    if (program != nullptr) {
      ChaincodeProgram apart = *program;
      apart.log = log(fmt::format("{}.{}", name, each.msp_id));
      endorsing.installed().add_everywhere(id, std::move(apart));
    }
    const bool own = *definition ? approved_package(channel->ledger(), each.msp_id, name,
                                                    (*definition)->sequence)
                                           .value_or("") == id
                                 : deployment.own_packages;
    const std::string& approved = own ? id : deployment.package_id;
    if (std::find(wanted.begin(), wanted.end(), approved) == wanted.end())
      wanted.push_back(approved);
  }
  endorsing.installed().add_everywhere(deployment.package_id, std::move(*way));
  bring_up(endorsing.runtime(), std::move(wanted));
  if (*definition) return {};
  return deploy(endorsing, network, deployment);
}

}  // namespace belfry::devnet

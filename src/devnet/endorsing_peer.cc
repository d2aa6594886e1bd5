#include "devnet/endorsing_peer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"
#include "devnet/access.h"
#include "devnet/cscc.h"
#include "devnet/interest.h"
#include "devnet/lifecycle.h"
#include "devnet/lifecycle_state.h"
#include "devnet/lscc.h"
#include "devnet/qscc.h"
#include "devnet/system_answer.h"
#include "ledger/chaincode_definition.h"
#include "ledger/legacy_check.h"
#include "msp/identity.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

const std::string kLifecycle(ledger::kLifecycle), kLegacy(ledger::kLegacyLifecycle);

// Resources of the peer itself, and who of its organisation may use them.
const char* local_policy(std::string_view resource) {
  for (const char* admins :
       {"_lifecycle/InstallChaincode", "_lifecycle/QueryInstalledChaincode",
        "_lifecycle/GetInstalledChaincodePackage", "_lifecycle/QueryInstalledChaincodes",
        "_lifecycle/ApproveChaincodeDefinitionForMyOrg",
        "_lifecycle/QueryApprovedChaincodeDefinition", "lscc/Install",
        "lscc/GetInstalledChaincodes", "cscc/JoinChain", "cscc/JoinChainBySnapshot",
        "cscc/JoinBySnapshotStatus"})
    if (resource == admins) return "Admins";
  return resource == "cscc/GetChannels" ? "Members" : nullptr;
}

bool has_any(const std::set<std::string>& capabilities, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (capabilities.contains(name)) return true;
  return false;
}

// The reads that a real peer's transactions carry when a definition is looked up through their
// simulator.
void read_definition(Simulator& through, const std::string& chaincode) {
  if (!through.get(kLifecycle, metadata_key("namespaces", chaincode))) {
    through.get(kLegacy, chaincode);
    return;
  }
  for (const char* field : {"Sequence", "EndorsementInfo", "ValidationInfo", "Collections"})
    through.get(kLifecycle, field_key("namespaces", chaincode, field));
}

}  // namespace

struct EndorsingPeer::Task {
  UnpackedProposal unpacked;
  std::shared_ptr<Channel> channel;
  std::shared_ptr<Simulation> simulation;
  std::string version;  // of the chaincode
  OnProposalAnswer then;

  void answer(int status, std::string message) {
    auto out = std::make_shared<::protos::ProposalResponse>();
    out->mutable_response()->set_status(status);
    out->mutable_response()->set_message(std::move(message));
    then(std::move(out));
  }
};

EndorsingPeer::EndorsingPeer(const PeerContext& context, Peer& peer,
                             std::shared_ptr<ChaincodeRuntime> runtime,
                             InstalledChaincodes& installed, LegacyPackages& legacy, LocalMsp local)
    : context_(context),
      peer_(peer),
      runtime_(std::move(runtime)),
      installed_(installed),
      legacy_(legacy),
      local_(std::move(local)) {}

Result<std::shared_ptr<EndorsingPeer>> EndorsingPeer::create(
    const PeerContext& context, Peer& peer, std::shared_ptr<ChaincodeRuntime> runtime,
    InstalledChaincodes& installed, LegacyPackages& legacy) {
  auto local = LocalMsp::create(peer.organization());
  if (!local) return tl::unexpected(local.error());
  return std::shared_ptr<EndorsingPeer>(
      new EndorsingPeer(context, peer, std::move(runtime), installed, legacy, std::move(*local)));
}

Result<void> EndorsingPeer::check_access(const std::string& resource, const std::string& channel,
                                         std::string_view identity, std::string_view message,
                                         std::string_view signature) const {
  if (const char* policy = local_policy(resource))
    return local_.check(policy, identity, message, signature, *context_.signatures);
  const auto joined = peer_.channel(channel);
  if (!joined && !channel.empty())
    return fail(fmt::format("Failed to get policy manager for channel [{}]", channel));
  const auto config = joined ? joined->access() : nullptr;
  const std::string policy = policy_of(config ? *config : msp::ChannelConfig(), resource);
  if (policy.empty()) return fail("Unmapped policy for " + resource);
  if (!config) return local_.check(policy, identity, message, signature, *context_.signatures);
  if (auto may = check_policy(*config, policy, identity, message, signature, *context_.signatures);
      !may)
    return fail(
        fmt::format("Failed evaluating policy on signed data during check policy on "
                    "channel [{}] with policy [{}]: [{}]",
                    channel, policy, may.error().message));
  return {};
}

Result<void> EndorsingPeer::check_creator(const UnpackedProposal& unpacked,
                                          Channel* channel) const {
  const auto& creator = unpacked.proposal->creator;
  const auto malformed = [&] {
    return fail(fmt::format("access denied: channel [{}] creator org unknown, creator is malformed",
                            unpacked.channel));
  };
  const auto identity = msp::parse_identity(creator);
  if (!identity) return malformed();
  const auto config = channel ? channel->access() : nullptr;
  auto member = config ? config->msps->member(creator) : local_.member(creator);
  if (!member) {
    const bool known = config ? config->msps->find(std::string(identity->msp_id)) != nullptr
                              : identity->msp_id == peer_.msp_id();
    const auto certificate = msp::Certificate::from_pem(identity->certificate_pem);
    const auto* msp = config ? config->msps->find(std::string(identity->msp_id)) : nullptr;
    if (!known || !certificate || !(msp ? *msp : local_.msp()).can_place(*certificate))
      return malformed();
  }
  const auto& signed_ = *unpacked.proposal->signed_proposal;
  if (!member || !context_.signatures->verify(**member, creator, signed_.proposal_bytes(),
                                              signed_.signature()))
    return fail(fmt::format("access denied: channel [{}] creator org [{}]", unpacked.channel,
                            identity->msp_id));
  return {};
}

void EndorsingPeer::process(std::shared_ptr<const ::protos::SignedProposal> proposal,
                            OnProposalAnswer then) {
  auto unpacked = unpack_proposal(proposal);
  if (!unpacked) return then(tl::unexpected(unpacked.error()));
  auto task = std::make_shared<Task>();
  task->unpacked = std::move(*unpacked);
  task->then = std::move(then);
  const auto& about = task->unpacked;
  if (!about.channel.empty()) {
    task->channel = peer_.channel(about.channel);
    if (!task->channel)
      return task->answer(500, fmt::format("channel '{}' not found", about.channel));
  }
  auto checked = check_form(about);
  if (checked) checked = check_creator(about, task->channel.get());
  if (!checked) return task->then(fail("error validating proposal: " + checked.error().message));
  if (task->channel) {
    const auto& id = about.proposal->transaction_id;
    if (task->channel->ledger().find_transaction(id))
      return task->then(fail(fmt::format("duplicate transaction found [{}]. Creator [{}]", id,
                                         hex(about.proposal->creator))));
    if (!is_system(about.chaincode)) {
      const auto& signed_ = *about.proposal->signed_proposal;
      if (auto may = check_access("peer/Propose", about.channel, about.proposal->creator,
                                  signed_.proposal_bytes(), signed_.signature());
          !may)
        return task->then(tl::unexpected(may.error()));
    }
  }
  run(std::move(task));
}

void EndorsingPeer::run(std::shared_ptr<Task> task) {
  auto& about = task->unpacked;
  if (task->channel && about.chaincode != "qscc" && about.chaincode != "cscc") {
    auto simulation = simulate(about.channel, *about.proposal);
    if (!simulation) return task->answer(500, simulation.error().message);
    task->simulation = std::move(*simulation);
  }
  if (is_system(about.chaincode)) {
    task->version = kSystemVersion;
    if (about.input.is_init())
      return finish(
          *task, fail(fmt::format("failed to execute transaction {}: invalid invocation: {}",
                                  about.proposal->transaction_id, needs_no_init(about.chaincode))));
    ChaincodeOutcome outcome;
    outcome.response = std::make_shared<::protos::Response>(call_system(
        about.chaincode, about.channel, task->simulation.get(), *about.proposal, about.input, ""));
    // Words that a client's argument has got into need not be text.
    if (!is_utf8(outcome.response->message()))
      return finish(*task, fail("transaction returned with failure: failed to marshal response: "
                                "string field contains invalid UTF-8"));
    if (about.chaincode == kLegacy && outcome.response->status() < 400)
      return initialize_legacy(std::move(task), std::move(outcome));
    return finish(*task, std::move(outcome));
  }
  const auto undefined = [&](const std::string& reason) {
    task->answer(500, fmt::format("make sure the chaincode {} has been successfully defined on "
                                  "channel {} and try again: {}",
                                  about.chaincode, about.channel, reason));
  };
  if (!task->simulation) return undefined("could not get channel config for channel ''");
  const auto found = find(*task->simulation, about.chaincode);
  if (!found) return undefined(found.error().message);
  task->version = found->version;
  runtime_->execute(shared_from_this(), about.proposal, task->simulation, about.chaincode,
                    std::move(about.input),
                    [self = shared_from_this(), task](Result<ChaincodeOutcome> outcome) {
                      self->finish(*task, std::move(outcome));
                    });
}

// What lscc has deployed or upgraded is initialized in the same simulation. The answer stays
// lscc's.
void EndorsingPeer::initialize_legacy(std::shared_ptr<Task> task, ChaincodeOutcome deployed) {
  const auto& about = task->unpacked;
  const std::vector<std::string> args(about.input.args().begin(), about.input.args().end());
  const auto spec = deployed_chaincode(args);
  if (!spec) return finish(*task, tl::unexpected(spec.error()));
  if (!*spec) return finish(*task, std::move(deployed));
  const auto& id = (*spec)->chaincode_id();
  if (args[0] == "upgrade") {
    ::protos::LifecycleEvent event;
    event.set_chaincode_name(id.name());
    deployed.event = std::make_shared<::protos::ChaincodeEvent>();
    deployed.event->set_chaincode_id(kLegacy);
    deployed.event->set_tx_id(about.proposal->transaction_id);
    deployed.event->set_event_name(args[0]);
    deployed.event->set_payload(event.SerializeAsString());
  }
  runtime_->execute_legacy_init(shared_from_this(), about.proposal, task->simulation, id.name(),
                                fmt::format("{}:{}", id.name(), id.version()), (*spec)->input(),
                                [self = shared_from_this(), task, deployed = std::move(deployed)](
                                    Result<ChaincodeOutcome> initialized) mutable {
                                  if (!initialized)
                                    return self->finish(*task, tl::unexpected(initialized.error()));
                                  self->finish(*task, std::move(deployed));
                                });
}

void EndorsingPeer::finish(Task& task, Result<ChaincodeOutcome> outcome) {
  if (!outcome) return task.answer(500, "error in simulation: " + outcome.error().message);
  auto out = std::make_shared<::protos::ProposalResponse>();
  *out->mutable_response() = *outcome->response;
  const int status = outcome->response->status();
  // An error carries no event; below 500 it carries nothing to sign, either.
  if (status >= 400) outcome->event = nullptr;
  if (task.channel && (status < 400 || status >= 500)) endorse(task, *outcome, *out);
  if (!task.channel && status >= 500) endorse(task, *outcome, *out);
  task.then(std::move(out));
}

void EndorsingPeer::endorse(Task& task, const ChaincodeOutcome& outcome,
                            ::protos::ProposalResponse& out) {
  const auto& about = task.unpacked;
  ::protos::ChaincodeAction action;
  if (task.simulation) {
    Simulator::Results results;
    {
      std::lock_guard lock(task.simulation->mutex);
      results = task.simulation->simulator.results();
    }
    auto interest =
        interest_of(results, [this](const std::string& name) { return is_system(name); });
    if (!interest) {
      out.Clear();
      out.mutable_response()->set_status(500);
      out.mutable_response()->set_message("error in simulation: " + interest.error().message);
      return;
    }
    *out.mutable_interest() = std::move(*interest);
    if (!results.private_set.empty() && outcome.response->status() < 400)
      task.channel->ledger().hold_private(about.proposal->transaction_id, results.private_set);
    action.set_results(std::move(results.public_set));
  }
  *action.mutable_response() = *outcome.response;
  if (outcome.event) action.set_events(outcome.event->SerializeAsString());
  action.mutable_chaincode_id()->set_name(about.chaincode);
  action.mutable_chaincode_id()->set_version(task.version);
  ::protos::ProposalResponsePayload payload;
  payload.set_proposal_hash(about.hash);
  payload.set_extension(action.SerializeAsString());
  out.set_payload(payload.SerializeAsString());
  if (outcome.response->status() >= 500) return;

  const auto& identity = *peer_.node().identity;
  auto& endorsement = *out.mutable_endorsement();
  endorsement.set_endorser(identity.serialized());
  const std::string message = out.payload() + identity.serialized();
  endorsement.set_signature(identity.sign(message));
  context_.signatures->remember(identity.serialized(), message, endorsement.signature());
  out.set_version(1);
}

Result<Callable> EndorsingPeer::runnable(const ledger::Ledger& ledger,
                                         const std::string& chaincode) const {
  const auto& channel = ledger.channel();
  const auto definition = ledger::find_definition(ledger, chaincode);
  if (!definition) return tl::unexpected(definition.error());
  if (!*definition) return fail(fmt::format("chaincode {} not found", chaincode));
  const auto& known = **definition;
  if (known.sequence == 0) {
    const std::string id = fmt::format("{}:{}", chaincode, known.version);
    const auto package = legacy_.find(peer_.name(), id);
    // In dev mode, or of --chaincode, nothing is installed.
    if (!package && !runtime_->connected(id) && !installed_.has(peer_.name(), id))
      return fail("failed security checks: invalid deployment spec: " + package.error().message);
    if (package && package->id != known.legacy_id)
      return fail("failed security checks: chaincode fingerprint mismatch: data mismatch");
    return Callable{id, known.version, false};
  }
  auto package = approved_package(ledger, peer_.msp_id(), chaincode, known.sequence);
  if (!package)
    return fail(
        fmt::format("chaincode definition for '{}' at sequence {} on channel '{}' has not "
                    "yet been approved by this org",
                    chaincode, known.sequence, channel));
  // In dev mode a chaincode registers as NAME:VERSION, and nothing is installed.
  const std::string by_name = fmt::format("{}:{}", chaincode, known.version);
  if (package->empty() || !installed_.has(peer_.name(), *package)) {
    if (!runtime_->connected(by_name) && !runtime_->connected(*package))
      return fail(fmt::format(
          "chaincode definition for '{}' exists, but chaincode is not installed", chaincode));
    if (!runtime_->connected(*package)) *package = by_name;
  }
  return Callable{std::move(*package), known.version, known.init_required};
}

Result<Callable> EndorsingPeer::find(Simulation& simulation, const std::string& chaincode) const {
  std::lock_guard lock(simulation.mutex);
  auto& simulator = simulation.simulator;
  const auto channel = peer_.channel(simulation.channel);
  if (!channel)
    return fail(fmt::format("could not get channel config for channel '{}'", simulation.channel));
  const auto& ledger = channel->ledger();
  const bool modern = ledger::has_new_lifecycle(*ledger.config());
  if (!modern || !simulator.get(kLifecycle, field_key("namespaces", chaincode, "Sequence")))
    simulator.get(kLegacy, chaincode);

  const auto sequence =
      simulator.committed().get(kLifecycle, field_key("namespaces", chaincode, "Sequence"));
  if (!sequence) return runnable(ledger, chaincode);
  const auto number = ledger::decode_integer(sequence->bytes);
  if (!number) return tl::unexpected(number.error());
  const auto source = simulator.committed().private_hash(
      kLifecycle, "_implicit_org_" + peer_.msp_id(),
      view(sha256(
          field_key("chaincode-sources", fmt::format("{}#{}", chaincode, *number), "PackageID"))));
  const auto place = std::pair(simulation.channel, chaincode);
  if (source) {
    std::lock_guard known_lock(mutex_);
    const auto found = known_.find(place);
    if (found != known_.end() && found->second.definition == sequence->version &&
        found->second.source == source->version)
      return found->second.callable;
  }
  auto callable = runnable(ledger, chaincode);
  if (callable && source && installed_.has(peer_.name(), callable->id)) {
    std::lock_guard known_lock(mutex_);
    known_[place] = {sequence->version, source->version, *callable};
  }
  return callable;
}

Result<CollectionRights> EndorsingPeer::rights(Simulation& simulation, const Proposal& proposal,
                                               const std::string& chaincode,
                                               const std::string& collection) const {
  auto& simulator = simulation.simulator;  // the caller holds its lock
  read_definition(simulator, chaincode);
  const auto missing = [&] {
    return fail(fmt::format("collection {}/{}/{} could not be found", simulation.channel, chaincode,
                            collection));
  };
  const auto definition = ledger::find_definition(simulator.committed(), chaincode);
  if (!definition) return tl::unexpected(definition.error());
  if (!*definition) return missing();
  if (ledger::is_implicit(collection)) {
    const auto channel = peer_.channel(simulation.channel);
    const auto org = ledger::implicit_org(collection);
    if (channel && std::ranges::none_of(channel->ledger().config()->application,
                                        [&](const auto& known) { return known.msp_id == org; }))
      return fail(
          fmt::format("collection [{}] not defined in the collection config for chaincode [{}]",
                      collection, chaincode));
  }
  const auto found = ledger::find_collection(**definition, collection);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return missing();
  const auto& rules = **found;
  if (!rules.member_only_read && !rules.member_only_write) return CollectionRights{true, true};
  const auto channel = peer_.channel(simulation.channel);
  const auto policy = msp::SignaturePolicy::parse(rules.member_policy);
  const auto member = channel ? channel->ledger().config()->msps->member(proposal.creator)
                              : fail("the channel is gone");
  // The creator's signature was verified when the proposal came in.
  if (policy && member && policy->satisfied_by(std::span(&*member, 1)))
    return CollectionRights{true, true};
  return CollectionRights{!rules.member_only_read, !rules.member_only_write};
}

Result<bool> EndorsingPeer::held(Simulator& through, const std::string& name_space,
                                 const std::string& collection) const {
  if (const auto org = ledger::implicit_org(collection); !org.empty() && name_space == kLifecycle)
    return org == peer_.msp_id();
  read_definition(through, name_space);
  const auto definition = ledger::find_definition(through.committed(), name_space);
  if (!definition) return tl::unexpected(definition.error());
  const auto undefined = [&] {
    return fail(
        fmt::format("collection [{}] not defined in the collection config for chaincode "
                    "[{}]",
                    collection, name_space));
  };
  if (!*definition) return undefined();
  if (collection.empty()) return false;  // Fabric lets it pass, and nothing is in it
  const auto found = ledger::find_collection(**definition, collection);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return undefined();
  return (*found)->has_member(peer_.msp_id());
}

bool EndorsingPeer::key_level_endorsement(const std::string& name) const {
  const auto channel = peer_.channel(name);
  return channel && has_any(channel->ledger().config()->application_capabilities,
                            {"V1_3", "V1_4_2", "V2_0", "V2_5"});
}

bool EndorsingPeer::purge_private_data(const std::string& name) const {
  const auto channel = peer_.channel(name);
  return channel && has_any(channel->ledger().config()->application_capabilities, {"V2_5"});
}

Result<void> EndorsingPeer::may_call(const std::string& channel, const Proposal& proposal) const {
  return check_access("peer/ChaincodeToChaincode", channel, proposal.creator,
                      proposal.signed_proposal->proposal_bytes(),
                      proposal.signed_proposal->signature());
}

Result<std::shared_ptr<Simulation>> EndorsingPeer::simulate(const std::string& name,
                                                            const Proposal& proposal) const {
  auto channel = peer_.channel(name);
  if (!channel) return fail(fmt::format("channel '{}' not found", name));
  const ledger::Reader& state = channel->ledger();
  return std::make_shared<Simulation>(name, std::move(channel), state, *this,
                                      proposal.transaction_id);
}

bool EndorsingPeer::is_system(const std::string& chaincode) const {
  return chaincode == "qscc" || chaincode == "cscc" || chaincode == kLegacy ||
         chaincode == kLifecycle;
}

::protos::Response EndorsingPeer::call_qscc_checked(const std::vector<std::string>& args,
                                                    const Proposal& proposal,
                                                    const std::string& caller) {
  if (args.size() < 2) return refuse(fmt::format("Incorrect number of arguments, {}", args.size()));
  if (!caller.empty())
    return refuse(
        fmt::format("Rejecting invoke of QSCC from another chaincode because of "
                    "potential for deadlocks, original invocation for '{}'",
                    caller));
  if (args[0] != "GetChainInfo" && args.size() < 3)
    return refuse(fmt::format("missing 3rd argument for {}", args[0]));
  const auto channel = peer_.channel(args[1]);
  if (!channel) return refuse(fmt::format("Invalid chain ID, {}", args[1]));
  if (auto may = check_access("qscc/" + args[0], args[1], proposal.creator,
                              proposal.signed_proposal->proposal_bytes(),
                              proposal.signed_proposal->signature());
      !may)
    return refuse(
        fmt::format("access denied for [{}][{}]: [{}]", args[0], args[1], may.error().message));
  return call_qscc(channel->ledger(), args);
}

::protos::Response EndorsingPeer::call_lifecycle_checked(const std::string& channel_name,
                                                         Simulation* simulation,
                                                         const std::vector<std::string>& args,
                                                         const Proposal& proposal) {
  if (args.empty()) return refuse("lifecycle scc must be invoked with arguments");
  if (args.size() != 2)
    return refuse(fmt::format(
        "lifecycle scc operations require exactly two arguments but received {}", args.size()));
  LifecycleCall call{peer_, installed_,
                     channel_name.empty() ? nullptr : peer_.channel(channel_name),
                     simulation ? &simulation->simulator : nullptr, proposal.transaction_id};
  if (call.channel && !ledger::has_new_lifecycle(*call.channel->ledger().config()))
    return refuse(
        fmt::format("cannot use new lifecycle for channel '{}' as it does not have the "
                    "required capabilities enabled",
                    channel_name));
  if (auto may = check_access(kLifecycle + "/" + args[0], channel_name, proposal.creator,
                              proposal.signed_proposal->proposal_bytes(),
                              proposal.signed_proposal->signature());
      !may)
    return refuse("Failed to authorize invocation due to failed ACL check: " + may.error().message);
  if (!simulation) return call_lifecycle(call, args[0], args[1]);
  std::lock_guard lock(simulation->mutex);
  return call_lifecycle(call, args[0], args[1]);
}

::protos::Response EndorsingPeer::call_lscc_checked(const std::string& channel,
                                                    Simulation* simulation,
                                                    const std::vector<std::string>& args,
                                                    const Proposal& proposal) {
  const LsccCall call{peer_,
                      legacy_,
                      simulation ? &simulation->simulator : nullptr,
                      channel,
                      proposal,
                      [&](const std::string& resource, const std::string& on) {
                        return check_access(resource, on, proposal.creator,
                                            proposal.signed_proposal->proposal_bytes(),
                                            proposal.signed_proposal->signature());
                      }};
  if (!simulation) return call_lscc(call, args);
  std::lock_guard lock(simulation->mutex);
  return call_lscc(call, args);
}

::protos::Response EndorsingPeer::call_system(const std::string& chaincode,
                                              const std::string& channel, Simulation* simulation,
                                              const Proposal& proposal,
                                              const ::protos::ChaincodeInput& input,
                                              const std::string& caller) {
  const std::vector<std::string> args(input.args().begin(), input.args().end());
  if (chaincode == "qscc") return call_qscc_checked(args, proposal, caller);
  if (chaincode == kLifecycle) return call_lifecycle_checked(channel, simulation, args, proposal);
  if (chaincode == "cscc") {
    if (!args.empty() && !caller.empty())
      return refuse(fmt::format(
          "Rejecting invoke of CSCC from another chaincode, original invocation for '{}'", caller));
    return call_cscc(peer_, args, [&](const std::string& resource, const std::string& on) {
      return check_access(resource, on, proposal.creator,
                          proposal.signed_proposal->proposal_bytes(),
                          proposal.signed_proposal->signature());
    });
  }
  return call_lscc_checked(channel, simulation, args, proposal);
}

}  // namespace belfry::devnet

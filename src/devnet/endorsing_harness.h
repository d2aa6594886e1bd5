// A network as the transcripts were recorded on, in this process: two organisations with two peers
// each, the chaincodes ngo (majority; collections donors, org1only) and audit (either
// organisation), scripted. For tests.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "base/bytes.h"
#include "base/forgetful_files.h"
#include "common/policies.pb.h"
#include "devnet/archive.h"
#include "devnet/deploy.h"
#include "devnet/proposal_maker.h"
#include "devnet/scripted_chaincode.h"
#include "msp/msp_principal.pb.h"
#include "peer/collection.pb.h"
#include "peer/policy.pb.h"

namespace belfry::devnet {

inline void add_member(::common::SignaturePolicyEnvelope& policy, const std::string& msp_id,
                       ::common::MSPRole::MSPRoleType role) {
  ::common::MSPRole member;
  member.set_msp_identifier(msp_id);
  member.set_role(role);
  policy.add_identities()->set_principal(member.SerializeAsString());
  auto& any = *policy.mutable_rule()->mutable_n_out_of();
  any.set_n(1);
  any.add_rules()->set_signed_by(policy.identities_size() - 1);
}

// The same proposal with a transient value, signed again.
inline std::shared_ptr<const ::protos::SignedProposal> with_transient(
    const ::protos::SignedProposal& signed_, const std::string& name, const std::string& value,
    const msp::SigningIdentity& signer) {
  ::protos::Proposal proposal;
  ::protos::ChaincodeProposalPayload payload;
  EXPECT_TRUE(proposal.ParseFromString(signed_.proposal_bytes()));
  EXPECT_TRUE(payload.ParseFromString(proposal.payload()));
  (*payload.mutable_transientmap())[name] = value;
  proposal.set_payload(payload.SerializeAsString());
  auto out = std::make_shared<::protos::SignedProposal>();
  out->set_proposal_bytes(proposal.SerializeAsString());
  out->set_signature(signer.sign(out->proposal_bytes()));
  return out;
}

class EndorsingHarness {
 public:
  void start() {
    EndorsingSettings endorsing_settings;
    endorsing_settings.folder = "net";
    endorsing_settings.chaincode_port = 0;
    endorsing_settings.runtime.execute_timeout = std::chrono::seconds(15);
    auto made = EndorsingServices::create(endorsing_settings, files_, system_clock());
    ASSERT_TRUE(made) << made.error().message;
    endorsing = std::move(*made);
    NetworkSettings settings;
    settings.folder = "net";
    settings.peers = 2;
    settings.orderer_port = settings.peer_port = 0;
    settings.participation_port = settings.operations_port = 0;
    auto started = Network::start(settings, files_, system_clock(), endorsing->maker());
    ASSERT_TRUE(started) << started.error().message;
    network = std::move(*started);
    MaterialSettings outside;
    outside.folder = "outside";
    outside.organizations = {"Org3"};
    auto stranger = open_material(files_, system_clock(), outside);
    ASSERT_TRUE(stranger) << stranger.error().message;
    outside_ = std::move(*stranger);
    ASSERT_NO_FATAL_FAILURE(deploy_all());
  }

  ~EndorsingHarness() {
    ngo.reset();
    audit.reset();
    network.reset();
    endorsing.reset();
  }

  // "User1@org1", "Admin@org2", "peer0.org1", "User1@org3" (who is of no organisation here).
  const msp::SigningIdentity& who(const std::string& name) const {
    const char org = name.back();
    const auto& organization = org == '3'
                                   ? outside_.organizations.at(0)
                                   : network->material().organizations.at(org == '2' ? 1 : 0);
    if (name.starts_with("peer")) return *organization.nodes.at(0).identity;
    return *organization.users.at(name.starts_with("Admin") ? 0 : 1).identity;
  }
  EndorsingPeer& peer(const std::string& name) const {
    for (const auto& peer : endorsing->peers())
      if (peer->peer().name() == name + ".example.com") return *peer;
    ADD_FAILURE() << "no peer " << name;
    return *endorsing->peers().front();
  }
  Channel& channel() const { return *channel_; }

  // Endorsed by the named peers, ordered and committed; its id.
  std::string commit(const MadeProposal& proposal, const std::vector<std::string>& peers,
                     const msp::SigningIdentity& signer) {
    std::vector<::protos::ProposalResponse> responses;
    for (const auto& name : peers) {
      auto answer = process(name, proposal.signed_proposal);
      EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
      if (answer) responses.push_back(**answer);
    }
    const auto transaction = make_transaction(*proposal.signed_proposal, responses, signer);
    EXPECT_TRUE(transaction);
    std::promise<void> done;
    const auto waiter = channel_->when_committed(
        proposal.transaction_id, [&done](const CommitStatus&) { done.set_value(); });
    EXPECT_EQ(channel_->broadcast(transaction.value_or("")).status, Status::success);
    done.get_future().wait();
    channel_->forget(waiter);
    return proposal.transaction_id;
  }
  std::string commit(const std::string& chaincode, const std::vector<std::string>& args,
                     const std::vector<std::string>& peers = {"peer0.org1", "peer0.org2"}) {
    const auto& signer = who("User1@org1");
    return commit(
        make_proposal("mychannel", chaincode, args, signer, system_clock(), secure_random()), peers,
        signer);
  }
  ProposalAnswer process(const std::string& peer_name,
                         std::shared_ptr<const ::protos::SignedProposal> proposal) const {
    std::promise<ProposalAnswer> done;
    peer(peer_name).process(std::move(proposal),
                            [&done](ProposalAnswer answer) { done.set_value(std::move(answer)); });
    return done.get_future().get();
  }

  // A chaincode `stream` with ngo's collections and audit's policy, which the test plays; its id.
  std::string deploy_stream() { return deploy_one("stream", collections(), either()); }

  std::string package_of(const std::string& label) const {
    return make_package({label, "ccaas", ""},
                        make_tar_gz({{"connection.json", R"({"address":"127.0.0.1:1"})", false}}));
  }

  std::unique_ptr<EndorsingServices> endorsing;
  std::unique_ptr<Network> network;
  std::unique_ptr<ScriptedChaincode> ngo, audit;
  std::string ngo_id;

 private:
  void deploy_all() {
    channel_ = network->channels().find("mychannel");
    ASSERT_TRUE(channel_);
    ngo_id = deploy_one("ngo", collections(), "");
    ngo = std::make_unique<ScriptedChaincode>(endorsing->runtime(), ngo_id);
    audit = std::make_unique<ScriptedChaincode>(endorsing->runtime(),
                                                deploy_one("audit", "", either()));
  }
  static std::string collections() {
    ::protos::CollectionConfigPackage out;
    const auto add = [&](const std::string& name, const std::vector<std::string>& orgs) {
      auto& collection = *out.add_config()->mutable_static_collection_config();
      collection.set_name(name);
      collection.set_maximum_peer_count(3);
      collection.set_member_only_read(true);
      for (const auto& org : orgs)
        add_member(*collection.mutable_member_orgs_policy()->mutable_signature_policy(), org,
                   ::common::MSPRole::MEMBER);
    };
    add("donors", {"Org1MSP", "Org2MSP"});
    add("org1only", {"Org1MSP"});
    return out.SerializeAsString();
  }
  static std::string either() {
    ::protos::ApplicationPolicy out;
    for (const char* org : {"Org1MSP", "Org2MSP"})
      add_member(*out.mutable_signature_policy(), org, ::common::MSPRole::PEER);
    return out.SerializeAsString();
  }
  std::string deploy_one(const std::string& name, const std::string& collections,
                         const std::string& policy) {
    Deployment deployment;
    deployment.channel = "mychannel";
    deployment.name = name;
    deployment.collections = collections;
    deployment.endorsement_policy = policy;
    for (const auto& peer : endorsing->peers()) {
      auto installed =
          endorsing->installed().install(peer->peer().name(), package_of(name + "_1.0"));
      EXPECT_TRUE(installed) << (installed ? "" : installed.error().message);
      if (installed) deployment.package_id = installed->id;
    }
    const auto done = deploy(*endorsing, *network, deployment);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    return deployment.package_id;
  }

  ForgetfulFiles files_{7};
  Material outside_;
  std::shared_ptr<Channel> channel_;
};

// What the transcripts replace by names, so that two texts can be compared: ids, long hex, hosts,
// and the white space that Go's protobuf varies.
inline std::string normalised(std::string text) {
  const auto replace = [&text](const char* pattern, const char* by) {
    text = std::regex_replace(text, std::regex(pattern), by);
  };
  replace("[0-9a-f]{65,}", "<hex>");
  replace("[0-9a-f]{64}", "<id>");
  replace("[0-9A-F]{64}", "<ID>");
  replace("<id[0-9]+>|<package hash>", "<id>");
  replace("(localhost|127\\.0\\.0\\.1):[0-9]+|<host [^>]+>", "<host>");
  return text;
}

}  // namespace belfry::devnet

// For this folder's tests: an organisation's material, a channel on it, and transactions made by
// hand, endorsed by whom the test names.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/forgetful_files.h"
#include "base/hash.h"
#include "base/random.h"
#include "common/common.pb.h"
#include "common/policies.pb.h"
#include "devnet/channel.h"
#include "devnet/genesis.h"
#include "devnet/material.h"
#include "devnet/signed_envelope.h"
#include "ledger/chaincode_definition.h"
#include "ledger/ledger.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb.h"
#include "ledger/rwset/rwset.pb.h"
#include "msp/msp_principal.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/collection.pb.h"
#include "peer/lifecycle/chaincode_definition.pb.h"
#include "peer/policy.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {

// A read-write set in the making.
class Sets {
 public:
  Sets& read(const std::string& space, const std::string& key,
             std::optional<ledger::Version> version = {}) {
    auto* read = spaces_[space].add_reads();
    read->set_key(key);
    if (version) {
      read->mutable_version()->set_block_num(version->block);
      read->mutable_version()->set_tx_num(version->transaction);
    }
    return *this;
  }
  Sets& write(const std::string& space, const std::string& key, const std::string& value) {
    auto* write = spaces_[space].add_writes();
    write->set_key(key);
    write->set_value(value);
    return *this;
  }
  Sets& erase(const std::string& space, const std::string& key) {
    auto* write = spaces_[space].add_writes();
    write->set_key(key);
    write->set_is_delete(true);
    return *this;
  }
  // A key-level policy: serialized common.SignaturePolicyEnvelope.
  Sets& policy(const std::string& space, const std::string& key, const std::string& policy) {
    auto* write = spaces_[space].add_metadata_writes();
    write->set_key(key);
    auto* entry = write->add_entries();
    entry->set_name("VALIDATION_PARAMETER");
    entry->set_value(policy);
    return *this;
  }
  Sets& private_write(const std::string& space, const std::string& collection,
                      const std::string& key, const std::string& value) {
    auto& set = private_[space][collection];
    auto* hashed = hashed_[space][collection].add_hashed_writes();
    hashed->set_key_hash(std::string(view(sha256(key))));
    auto* write = set.add_writes();
    write->set_key(key);
    if (value.empty()) {
      hashed->set_is_delete(true);
      write->set_is_delete(true);
    } else {
      hashed->set_value_hash(std::string(view(sha256(value))));
      write->set_value(value);
    }
    return *this;
  }
  Sets& purge(const std::string& space, const std::string& collection, const std::string& key) {
    private_write(space, collection, key, "");
    auto& hashed = hashed_[space][collection];
    hashed.mutable_hashed_writes(hashed.hashed_writes_size() - 1)->set_is_purge(true);
    return *this;
  }

  std::string results() const {
    ::rwset::TxReadWriteSet set;
    std::set<std::string> names;
    for (const auto& [name, ignored] : spaces_) names.insert(name);
    for (const auto& [name, ignored] : hashed_) names.insert(name);
    for (const std::string& name : names) {
      auto* space = set.add_ns_rwset();
      space->set_namespace_(name);
      if (auto found = spaces_.find(name); found != spaces_.end())
        space->set_rwset(found->second.SerializeAsString());
      if (auto found = hashed_.find(name); found != hashed_.end())
        for (const auto& [collection, hashed] : found->second) {
          auto* part = space->add_collection_hashed_rwset();
          part->set_collection_name(collection);
          part->set_hashed_rwset(hashed.SerializeAsString());
          part->set_pvt_rwset_hash(
              std::string(view(sha256(private_.at(name).at(collection).SerializeAsString()))));
        }
    }
    return set.SerializeAsString();
  }
  // rwset.TxPvtReadWriteSet
  std::string private_set() const {
    ::rwset::TxPvtReadWriteSet set;
    for (const auto& [name, collections] : private_) {
      auto* space = set.add_ns_pvt_rwset();
      space->set_namespace_(name);
      for (const auto& [collection, keys] : collections) {
        auto* part = space->add_collection_pvt_rwset();
        part->set_collection_name(collection);
        part->set_rwset(keys.SerializeAsString());
      }
    }
    return set.SerializeAsString();
  }

 private:
  std::map<std::string, ::kvrwset::KVRWSet> spaces_;
  std::map<std::string, std::map<std::string, ::kvrwset::HashedRWSet>> hashed_;
  std::map<std::string, std::map<std::string, ::kvrwset::KVRWSet>> private_;
};

struct MadeTransaction {
  std::string id, envelope;
};

// What a client would have signed after these endorsed it.
inline MadeTransaction make_transaction(const std::string& channel, const std::string& chaincode,
                                        const Sets& sets, const msp::SigningIdentity& creator,
                                        const std::vector<const Node*>& endorsers,
                                        const std::string& event = {},
                                        const std::vector<std::string>& args = {},
                                        const std::string& version = "1") {
  const std::string nonce = make_nonce(secure_random());
  Sha256 hash;
  hash.add(nonce);
  hash.add(creator.serialized());
  MadeTransaction made{.id = hex(view(hash.finish()))};

  ::protos::ChaincodeHeaderExtension extension;
  extension.mutable_chaincode_id()->set_name(chaincode);
  ::common::ChannelHeader header;
  header.set_type(::common::ENDORSER_TRANSACTION);
  header.set_channel_id(channel);
  header.set_tx_id(made.id);
  header.mutable_timestamp()->set_seconds(1'700'000'000);
  header.set_extension(extension.SerializeAsString());
  ::common::SignatureHeader signature_header;
  signature_header.set_creator(creator.serialized());
  signature_header.set_nonce(nonce);
  ::common::Payload payload;
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  payload.mutable_header()->set_signature_header(signature_header.SerializeAsString());

  ::protos::ChaincodeProposalPayload proposal_payload;
  if (!args.empty()) {
    ::protos::ChaincodeInvocationSpec invocation;
    for (const std::string& arg : args)
      invocation.mutable_chaincode_spec()->mutable_input()->add_args(arg);
    proposal_payload.set_input(invocation.SerializeAsString());
  }
  ::protos::ChaincodeActionPayload action_payload;
  action_payload.set_chaincode_proposal_payload(proposal_payload.SerializeAsString());
  Sha256 proposal;
  proposal.add(payload.header().channel_header());
  proposal.add(payload.header().signature_header());
  proposal.add(action_payload.chaincode_proposal_payload());
  ::protos::ChaincodeAction action;
  action.set_results(sets.results());
  action.mutable_response()->set_status(200);
  action.mutable_chaincode_id()->set_name(chaincode);
  action.mutable_chaincode_id()->set_version(version);
  if (!event.empty()) {
    ::protos::ChaincodeEvent message;
    message.set_chaincode_id(chaincode);
    message.set_tx_id(made.id);
    message.set_event_name(event);
    message.set_payload("payload of " + event);
    action.set_events(message.SerializeAsString());
  }
  ::protos::ProposalResponsePayload response;
  response.set_proposal_hash(std::string(view(proposal.finish())));
  response.set_extension(action.SerializeAsString());
  auto* endorsed = action_payload.mutable_action();
  endorsed->set_proposal_response_payload(response.SerializeAsString());
  for (const Node* endorser : endorsers) {
    auto* endorsement = endorsed->add_endorsements();
    endorsement->set_endorser(endorser->identity->serialized());
    endorsement->set_signature(
        endorser->identity->sign(endorsed->proposal_response_payload() + endorsement->endorser()));
  }
  ::protos::Transaction transaction;
  auto* part = transaction.add_actions();
  part->set_header(payload.header().signature_header());
  part->set_payload(action_payload.SerializeAsString());
  payload.set_data(transaction.SerializeAsString());
  ::common::Envelope envelope;
  envelope.set_payload(payload.SerializeAsString());
  envelope.set_signature(creator.sign(envelope.payload()));
  made.envelope = envelope.SerializeAsString();
  return made;
}

inline CommitStatus wait_until_committed(Channel& channel, const std::string& id) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<CommitStatus> status;
  const uint64_t waiter = channel.when_committed(id, [&](const CommitStatus& now) {
    std::lock_guard lock(mutex);
    status = now;
    arrived.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(arrived.wait_for(lock, std::chrono::seconds(60), [&] { return !!status; }))
        << "transaction " << id << " is not committed";
  }
  channel.forget(waiter);
  return status.value_or(CommitStatus{.code = 254});
}

// Broadcasts and waits; the code.
inline int submit_to(Channel& channel, const MadeTransaction& made) {
  const auto answer = channel.broadcast(made.envelope);
  EXPECT_EQ(answer.status, Status::success) << answer.info;
  return answer.status == Status::success ? wait_until_committed(channel, made.id).code : -1;
}

// What `_lifecycle` would write for a definition; default policy: the channel's Endorsement.
inline Sets definition_sets(const std::string& name, int64_t sequence = 1,
                            const std::string& collections = {}, std::string policy = {}) {
  if (policy.empty()) {
    ::protos::ApplicationPolicy reference;
    reference.set_channel_config_policy_reference("/Channel/Application/Endorsement");
    policy = reference.SerializeAsString();
  }
  ::lifecycle::ChaincodeEndorsementInfo endorsement;
  endorsement.set_version("1");
  endorsement.set_endorsement_plugin("escc");
  ::lifecycle::ChaincodeValidationInfo validation;
  validation.set_validation_plugin("vscc");
  validation.set_validation_parameter(policy);
  const std::string fields = "namespaces/fields/" + name + "/";
  return Sets()
      .write("_lifecycle", fields + "Collections", ledger::encode_bytes(collections))
      .write("_lifecycle", fields + "EndorsementInfo",
             ledger::encode_bytes(endorsement.SerializeAsString()))
      .write("_lifecycle", fields + "Sequence", ledger::encode_integer(sequence))
      .write("_lifecycle", fields + "ValidationInfo",
             ledger::encode_bytes(validation.SerializeAsString()))
      .write("_lifecycle", "namespaces/metadata/" + name,
             ledger::encode_metadata("ChaincodeDefinition", {"Sequence", "EndorsementInfo",
                                                             "ValidationInfo", "Collections"}));
}

// A collection of these organisations, for a definition's package.
inline void add_collection(::protos::CollectionConfigPackage& package, const std::string& name,
                           const std::vector<std::string>& orgs, uint64_t block_to_live = 0) {
  auto* config = package.add_config()->mutable_static_collection_config();
  config->set_name(name);
  config->set_block_to_live(block_to_live);
  auto* policy = config->mutable_member_orgs_policy()->mutable_signature_policy();
  policy->mutable_rule()->mutable_n_out_of()->set_n(1);
  for (const std::string& org : orgs) {
    ::common::MSPRole role;
    role.set_msp_identifier(org);
    policy->mutable_rule()->mutable_n_out_of()->add_rules()->set_signed_by(
        policy->identities_size());
    policy->add_identities()->set_principal(role.SerializeAsString());
  }
}

// A channel of two organisations in a folder of `files`.
class TestNetwork {
 public:
  explicit TestNetwork(FileSystem& files, ChannelParameters parameters = {},
                       ChannelOptions options = {})
      : files_(files), options_(options) {
    auto material = open_material(files, system_clock(), {.folder = "net/crypto"});
    EXPECT_TRUE(material) << material.error().message;
    material_ = std::move(*material);
    genesis_ = make_genesis(material_, "mychannel", parameters,
                            {.orderer_host = "localhost", .orderer_port = 7050},
                            system_clock().now(), secure_random());
    auto ledger = ledger::Ledger::create(files, {.folder = "net/ledger"}, genesis_, signatures_);
    EXPECT_TRUE(ledger) << ledger.error().message;
    start(std::move(*ledger));
  }

  void stop() { channel_.reset(); }
  void reopen() {
    stop();
    auto ledger = ledger::Ledger::open(files_, {.folder = "net/ledger"}, "mychannel", signatures_);
    ASSERT_TRUE(ledger) << ledger.error().message;
    ASSERT_NE(*ledger, nullptr);
    start(std::move(*ledger));
  }

  Channel& channel() { return *channel_; }
  ledger::Ledger& ledger() { return channel_->ledger(); }
  const std::string& genesis() const { return genesis_; }
  Material& material() { return material_; }
  const OrganizationMaterial& org1() const { return material_.organizations[0]; }
  const OrganizationMaterial& org2() const { return material_.organizations[1]; }
  const Node* peer1() const { return &org1().nodes.front(); }
  const Node* peer2() const { return &org2().nodes.front(); }
  const msp::SigningIdentity& user() const { return *org1().users[1].identity; }

  MadeTransaction make(const std::string& chaincode, const Sets& sets,
                       const std::vector<const Node*>& endorsers) {
    return make_transaction("mychannel", chaincode, sets, user(), endorsers);
  }
  MadeTransaction make(const std::string& chaincode, const Sets& sets) {
    return make(chaincode, sets, {peer1(), peer2()});
  }

  CommitStatus wait_for(const std::string& id) { return wait_until_committed(*channel_, id); }
  // Broadcasts and waits; the code.
  int submit(const MadeTransaction& made) { return submit_to(*channel_, made); }

  int define(const std::string& name, int64_t sequence = 1, const std::string& collections = {},
             const std::string& policy = {}) {
    return submit(make("_lifecycle", definition_sets(name, sequence, collections, policy)));
  }

 private:
  void start(std::unique_ptr<ledger::Ledger> ledger) {
    channel_ = Channel::start(std::move(ledger), material_.orderer.nodes.front().identity,
                              signatures_, system_clock(), options_);
  }

  FileSystem& files_;
  const ChannelOptions options_;
  std::shared_ptr<ledger::SignatureCache> signatures_ = std::make_shared<ledger::SignatureCache>();
  Material material_;
  std::string genesis_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace belfry::devnet

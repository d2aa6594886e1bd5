// A channel made on the spot: organisations with their own CAs, a configuration, and blocks that
// its orderers sign. For tests of whatever judges signatures, where the recorded ledgers do not
// help because nobody has their keys.
//
//   TestChannel channel;
//   BlockParts genesis = channel.genesis();
//   BlockParts block = channel.next({some_transaction});        // signed by the orderers
//   BlockParts update = channel.update([](::common::ConfigGroup& group) { … });
//
// Deliberately knows nothing of src/msp and src/fabric, whose judge it is.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/configtx.pb.h"
#include "msp/msp_config.pb.h"
#include "support/certificates.h"
#include "support/ledger.h"

namespace belfry::tests {

// An organisation whose members are told apart by NodeOUs.
struct TestOrg {
  explicit TestOrg(std::string id);
  Credential member(const std::string& name,
                    const std::string& unit) const;  // "client", "peer", "admin", "orderer"
  ::msp::FabricMSPConfig msp() const;

  std::string id;  // "Org1MSP"
  CertificateAuthority ca;
  Credential admin, client, peer, orderer;
};

// msp.SerializedIdentity
std::string identity_of(const TestOrg& org, const Credential& credential);
std::string identity_of(const std::string& msp_id, const std::string& certificate);

struct Signer {
  std::string identity;  // msp.SerializedIdentity
  std::string key;       // PEM
};

class TestChannel {
 public:
  // Raft-like: any Writer of the ordering organisation signs. With bft: 2f+1 of four consenters,
  // who are named by number.
  explicit TestChannel(bool bft = false);

  TestOrg org1{"Org1MSP"}, org2{"Org2MSP"}, orderers{"OrdererMSP"};
  std::vector<Credential> consenters;  // BFT: numbered from 1
  std::string id = "testchannel";

  // The configuration as it stands; free to be altered before genesis() is called.
  ::common::Config config;

  BlockParts genesis();
  // The next block over these transactions.
  BlockParts next(std::vector<std::string> transactions);
  // The next block, which changes the configuration. Whatever `change` does gets its version right
  // and is signed by `signers`; the default are the admins that may change anything.
  BlockParts update(const std::function<void(::common::ConfigGroup&)>& change);
  BlockParts update(const std::function<void(::common::ConfigGroup&)>& change,
                    const std::vector<Signer>& signers);

  // Puts the orderers' signatures into slot 0 anew, over the header as it now is.
  void sign(BlockParts& block) const;
  void sign_as(BlockParts& block, const std::vector<Signer>& signers) const;
  void sign_as_consenters(BlockParts& block, const std::vector<uint32_t>& numbers) const;

  Signer admin_of(const TestOrg& org) const { return {identity_of(org, org.admin), org.admin.key}; }

 private:
  BlockParts append(std::vector<std::string> transactions, bool configures);

  const bool bft_;
  uint64_t height_ = 0, last_config_ = 0;
  std::string previous_hash_;
};

// A transaction of a type that nobody looks into: an envelope with its channel header and a
// payload.
std::string some_transaction(const std::string& channel, std::string_view contents);

}  // namespace belfry::tests

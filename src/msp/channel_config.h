// A channel's configuration, read from one of its configuration blocks: the organisations and their
// MSPs, the policies, and the ordering service's settings. What every judgement about signatures on
// the channel starts from.
//
// A configuration block holds one transaction, common.Envelope{Payload{data =
// ConfigEnvelope{Config, last_update}}}; Config is a tree of groups, values and policies rooted at
// "Channel" (fabric-protos common/configtx.proto).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "msp/msp.h"
#include "msp/policy.h"

namespace common {
class Config;
class ConfigEnvelope;
}  // namespace common

namespace belfry::msp {

struct Address {
  std::string host;
  uint32_t port = 0;
};

struct Organization {
  std::string name;  // of its group
  std::string msp_id;
  std::vector<Address> anchor_peers;   // application organisations
  std::vector<std::string> endpoints;  // ordering organisations: "orderer.example.com:7050"
};

struct Consenter {
  uint32_t id = 0;  // BFT: what signatures name it by
  Address address;
  std::string msp_id;                  // BFT
  std::string identity;                // BFT: PEM, what it signs blocks with
  std::string client_tls, server_tls;  // PEM
};

struct BatchSettings {
  uint32_t max_messages = 0;
  uint32_t absolute_max_bytes = 0;
  uint32_t preferred_max_bytes = 0;
  std::string timeout;  // as configured: "2s"
};

// Cheap to copy once made, its parts being shared; immutable by convention; thread-safe.
struct ChannelConfig {
  std::string channel;
  uint64_t sequence = 0;  // grows by one with each update
  std::vector<Organization> application, orderers;
  std::vector<std::string>
      orderer_addresses;       // the channel's own list, older than the organisations' endpoints
  std::string consensus_type;  // "etcdraft", "BFT", "solo", "kafka"
  std::vector<Consenter> consenters;
  BatchSettings batch;
  std::set<std::string> channel_capabilities, orderer_capabilities, application_capabilities;
  std::map<std::string, std::string> acls;  // "peer/Propose" → policy path
  std::shared_ptr<const MspSet> msps;
  std::shared_ptr<const PolicyTree> policies;
  std::shared_ptr<const ::common::Config> config;  // the whole of it

  // Whether block signatures may name consenters by number (capability V3_0).
  bool bft_signatures() const { return channel_capabilities.contains("V3_0"); }
  const Consenter* consenter(uint32_t id) const;  // null when there is none

  // From a configuration block's only transaction; errors say what does not decode or lacks.
  static Result<ChannelConfig> from_transaction(std::string_view envelope);
  // From the bytes of a common.Block, such as a genesis block's file.
  static Result<ChannelConfig> from_block(std::string_view block);
  static Result<ChannelConfig> from_config(std::string channel, const ::common::Config& config);
};

// The parts of a configuration transaction.
struct ConfigTransaction {
  std::string channel;
  std::shared_ptr<const ::common::ConfigEnvelope> envelope;
};
// Whether a transaction (common.Envelope) is a configuration: its channel header has type CONFIG.
bool is_config_transaction(std::string_view envelope);
Result<ConfigTransaction> parse_config_transaction(std::string_view envelope);

}  // namespace belfry::msp

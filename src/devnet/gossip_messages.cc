#include "devnet/gossip_messages.h"

#include "base/hash.h"
#include "gossip/message.pb.h"
#include "ledger/chaincode_definition.h"
#include "msp/identity.h"

namespace belfry::devnet {
namespace {

// sha256 over MSP id and certificate, as Fabric's gossip identifies peers.
std::string pki_id(const Peer& peer) {
  const auto parts = msp::parse_identity(peer.node().identity->serialized());
  Sha256 hash;
  hash.add(peer.msp_id());
  if (parts) hash.add(parts->certificate_pem);
  return std::string(view(hash.finish()));
}

::gossip::Envelope seal(const Peer& peer, const ::gossip::GossipMessage& message, Signed sign) {
  ::gossip::Envelope out;
  out.set_payload(message.SerializeAsString());
  if (sign == Signed::yes) out.set_signature(peer.node().identity->sign(out.payload()));
  return out;
}

}  // namespace

::gossip::Envelope alive_message(const Peer& peer, const Clock& clock, Signed sign) {
  ::gossip::GossipMessage message;
  message.set_tag(::gossip::GossipMessage::EMPTY);
  auto& alive = *message.mutable_alive_msg();
  alive.mutable_membership()->set_endpoint(peer.endpoint());
  alive.mutable_membership()->set_pki_id(pki_id(peer));
  const auto now = static_cast<uint64_t>(clock.now().time_since_epoch().count());
  alive.mutable_timestamp()->set_inc_num(now);
  alive.mutable_timestamp()->set_seq_num(1);
  return seal(peer, message, sign);
}

::gossip::Envelope state_message(const EndorsingPeer& endorser, const Channel& channel,
                                 const Clock& clock) {
  const Peer& peer = endorser.peer();
  ::gossip::GossipMessage message;
  message.set_tag(::gossip::GossipMessage::CHAN_OR_ORG);
  auto& state = *message.mutable_state_info();
  state.set_pki_id(pki_id(peer));
  Sha256 mac;
  mac.add(state.pki_id());
  mac.add(channel.name());
  state.set_channel_mac(std::string(view(mac.finish())));
  const auto now = static_cast<uint64_t>(clock.now().time_since_epoch().count());
  state.mutable_timestamp()->set_inc_num(now);
  state.mutable_timestamp()->set_seq_num(1);
  auto& properties = *state.mutable_properties();
  properties.set_ledger_height(channel.ledger().height());
  auto& lifecycle = *properties.add_chaincodes();
  lifecycle.set_name(std::string(ledger::kLifecycle));
  lifecycle.set_version("1");
  for (const auto& name : ledger::defined_chaincodes(channel.ledger())) {
    if (!endorser.runnable(channel.ledger(), name)) continue;
    const auto definition = ledger::find_definition(channel.ledger(), name);
    if (!definition || !*definition) continue;
    auto& chaincode = *properties.add_chaincodes();
    chaincode.set_name(name);
    chaincode.set_version((*definition)->sequence > 0 ? std::to_string((*definition)->sequence)
                                                      : (*definition)->version);
  }
  return seal(peer, message, Signed::yes);
}

}  // namespace belfry::devnet

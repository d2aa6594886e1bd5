#include "fabric/peer_requests.h"

#include <chrono>

#include "base/bytes.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "orderer/ab.pb.h"
#include "peer/chaincode.pb.h"

namespace belfry::fabric {
namespace {

constexpr uint64_t kForEver =
    (uint64_t{1} << 63) - 1;  // the largest number that every client's and peer's type holds

std::string nonce(Random& random) {
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    const uint64_t part = random.next();
    bytes.append(reinterpret_cast<const char*>(&part), sizeof part);
  }
  return bytes;
}

void set_time(google::protobuf::Timestamp* into, WallTime time) {
  const int64_t nanoseconds = time.time_since_epoch().count();
  into->set_seconds(nanoseconds / 1'000'000'000);
  into->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
}

common::SignatureHeader signature_header(const msp::SigningIdentity& identity, Random& random) {
  common::SignatureHeader header;
  header.set_creator(identity.serialized());
  header.set_nonce(nonce(random));
  return header;
}

common::ChannelHeader channel_header(int type, std::string_view channel,
                                     std::string_view tls_cert_hash, const Clock& clock) {
  common::ChannelHeader header;
  header.set_type(type);
  header.set_channel_id(std::string(channel));
  header.set_tls_cert_hash(std::string(tls_cert_hash));
  set_time(header.mutable_timestamp(), clock.now());
  return header;
}

}  // namespace

std::string seek_envelope(const Seek& seek, std::string_view channel,
                          std::string_view tls_cert_hash, const msp::SigningIdentity& identity,
                          const Clock& clock, Random& random) {
  orderer::SeekInfo info;
  if (seek.from == Seek::From::newest) {
    info.mutable_start()->mutable_newest();
    info.mutable_stop()->mutable_newest();
  } else {
    info.mutable_start()->mutable_specified()->set_number(seek.block);
    info.mutable_stop()->mutable_specified()->set_number(seek.follow ? kForEver : seek.block);
  }
  info.set_behavior(seek.follow ? orderer::SeekInfo::BLOCK_UNTIL_READY
                                : orderer::SeekInfo::FAIL_IF_NOT_READY);

  common::Payload payload;
  *payload.mutable_header()->mutable_channel_header() =
      channel_header(common::DELIVER_SEEK_INFO, channel, tls_cert_hash, clock).SerializeAsString();
  *payload.mutable_header()->mutable_signature_header() =
      signature_header(identity, random).SerializeAsString();
  payload.set_data(info.SerializeAsString());

  common::Envelope envelope;
  envelope.set_payload(payload.SerializeAsString());
  envelope.set_signature(identity.sign(envelope.payload()));
  return envelope.SerializeAsString();
}

protos::SignedProposal qscc_proposal(std::string_view channel,
                                     const std::vector<std::string>& arguments,
                                     std::string_view tls_cert_hash,
                                     const msp::SigningIdentity& identity, const Clock& clock,
                                     Random& random) {
  const common::SignatureHeader signer = signature_header(identity, random);
  common::ChannelHeader header =
      channel_header(common::ENDORSER_TRANSACTION, channel, tls_cert_hash, clock);
  Sha256 id;
  id.add(signer.nonce());
  id.add(signer.creator());
  header.set_tx_id(hex(view(id.finish())));
  protos::ChaincodeHeaderExtension extension;
  extension.mutable_chaincode_id()->set_name("qscc");
  header.set_extension(extension.SerializeAsString());

  protos::ChaincodeInvocationSpec invocation;
  protos::ChaincodeSpec* spec = invocation.mutable_chaincode_spec();
  spec->set_type(protos::ChaincodeSpec::GOLANG);
  spec->mutable_chaincode_id()->set_name("qscc");
  for (const std::string& argument : arguments) spec->mutable_input()->add_args(argument);
  protos::ChaincodeProposalPayload payload;
  payload.set_input(invocation.SerializeAsString());

  common::Header both;
  both.set_channel_header(header.SerializeAsString());
  both.set_signature_header(signer.SerializeAsString());
  protos::Proposal proposal;
  proposal.set_header(both.SerializeAsString());
  proposal.set_payload(payload.SerializeAsString());

  protos::SignedProposal out;
  out.set_proposal_bytes(proposal.SerializeAsString());
  out.set_signature(identity.sign(out.proposal_bytes()));
  return out;
}

}  // namespace belfry::fabric

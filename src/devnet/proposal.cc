#include "devnet/proposal.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "msp/certificate.h"
#include "msp/identity.h"

namespace belfry::devnet {
namespace {

template <class T>
Result<T> parse(const std::string& bytes, const char* name) {
  T out;
  if (!out.ParseFromString(bytes))
    return fail(
        fmt::format("error unmarshalling {}: proto: cannot parse invalid wire-format data", name));
  return out;
}

}  // namespace

Result<UnpackedProposal> unpack_proposal(std::shared_ptr<const ::protos::SignedProposal> signed_) {
  const auto proposal = parse<::protos::Proposal>(signed_->proposal_bytes(), "Proposal");
  if (!proposal) return tl::unexpected(proposal.error());
  const auto header = parse<::common::Header>(proposal->header(), "Header");
  if (!header) return tl::unexpected(header.error());
  const auto channel = parse<::common::ChannelHeader>(header->channel_header(), "ChannelHeader");
  if (!channel) return tl::unexpected(channel.error());
  auto signature = parse<::common::SignatureHeader>(header->signature_header(), "SignatureHeader");
  if (!signature) return tl::unexpected(signature.error());
  const auto extension =
      parse<::protos::ChaincodeHeaderExtension>(channel->extension(), "ChaincodeHeaderExtension");
  if (!extension) return tl::unexpected(extension.error());
  if (!extension->has_chaincode_id()) return fail("ChaincodeHeaderExtension.ChaincodeId is nil");
  if (extension->chaincode_id().name().empty())
    return fail("ChaincodeHeaderExtension.ChaincodeId.Name is empty");
  const auto payload =
      parse<::protos::ChaincodeProposalPayload>(proposal->payload(), "ChaincodeProposalPayload");
  if (!payload) return tl::unexpected(payload.error());
  auto invocation =
      parse<::protos::ChaincodeInvocationSpec>(payload->input(), "ChaincodeInvocationSpec");
  if (!invocation) return tl::unexpected(invocation.error());
  if (!invocation->has_chaincode_spec())
    return fail("chaincode invocation spec did not contain chaincode spec");
  if (!invocation->chaincode_spec().has_input())
    return fail("chaincode input did not contain any input");

  ::protos::ChaincodeProposalPayload visible;
  visible.set_input(payload->input());
  Sha256 hash;
  hash.add(header->channel_header());
  hash.add(header->signature_header());
  hash.add(visible.SerializeAsString());

  UnpackedProposal out;
  out.proposal = std::make_shared<Proposal>();
  out.proposal->signed_proposal = std::move(signed_);
  out.proposal->creator = std::move(*signature->mutable_creator());
  out.proposal->transaction_id = channel->tx_id();
  out.channel = channel->channel_id();
  out.chaincode = extension->chaincode_id().name();
  out.input = std::move(*invocation->mutable_chaincode_spec()->mutable_input());
  out.hash = view(hash.finish());
  out.nonce = std::move(*signature->mutable_nonce());
  out.type = channel->type();
  out.epoch = channel->epoch();
  return out;
}

Result<void> check_expiry(const ::protos::SignedProposal& signed_, WallTime now) {
  const auto proposal = parse<::protos::Proposal>(signed_.proposal_bytes(), "Proposal");
  if (!proposal) return fail("failed parsing proposal: " + proposal.error().message);
  const auto header = parse<::common::Header>(proposal->header(), "Header");
  if (!header) return fail("failed parsing header: " + header.error().message);
  const auto signature =
      parse<::common::SignatureHeader>(header->signature_header(), "SignatureHeader");
  if (!signature) return fail("failed parsing signature header: " + signature.error().message);
  const auto identity = msp::parse_identity(signature->creator());
  if (!identity) return {};
  const auto certificate = msp::Certificate::from_pem(identity->certificate_pem);
  if (certificate && now > certificate->not_after())
    return fail("proposal client identity expired");
  return {};
}

Result<void> check_form(const UnpackedProposal& unpacked) {
  if (unpacked.type != ::common::ENDORSER_TRANSACTION && unpacked.type != ::common::CONFIG) {
    const auto& name = ::common::HeaderType_Name(unpacked.type);
    return fail(
        fmt::format("invalid header type {}", name.empty() ? std::to_string(unpacked.type) : name));
  }
  if (unpacked.epoch != 0) return fail("epoch is non-zero");
  if (unpacked.nonce.empty()) return fail("nonce is empty");
  const auto& proposal = *unpacked.proposal;
  if (proposal.creator.empty()) return fail("creator is empty");
  Sha256 id;
  id.add(unpacked.nonce);
  id.add(proposal.creator);
  const std::string expected = hex(view(id.finish()));
  if (proposal.transaction_id != expected)
    return fail(fmt::format("incorrectly computed txid '{}' -- expected '{}'",
                            proposal.transaction_id, expected));
  if (proposal.signed_proposal->signature().empty()) return fail("empty signature bytes");
  return {};
}

}  // namespace belfry::devnet

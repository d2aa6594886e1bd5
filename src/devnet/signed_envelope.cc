#include "devnet/signed_envelope.h"

#include "common/common.pb.h"

namespace belfry::devnet {

std::string make_nonce(Random& random) {
  std::string nonce;
  for (int i = 0; i < 3; ++i) {
    const uint64_t part = random.next();
    nonce.append(reinterpret_cast<const char*>(&part), sizeof(part));
  }
  return nonce;
}

std::string signature_header(const msp::SigningIdentity& signer, Random& random) {
  ::common::SignatureHeader header;
  header.set_creator(signer.serialized());
  header.set_nonce(make_nonce(random));
  return header.SerializeAsString();
}

std::string signed_envelope(int32_t type, const std::string& channel, std::string_view data,
                            const msp::SigningIdentity& signer, WallTime now, Random& random) {
  ::common::ChannelHeader header;
  header.set_type(type);
  header.set_channel_id(channel);
  const auto since = now.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  header.mutable_timestamp()->set_seconds(seconds.count());
  header.mutable_timestamp()->set_nanos(static_cast<int32_t>((since - seconds).count()));
  ::common::Payload payload;
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  payload.mutable_header()->set_signature_header(signature_header(signer, random));
  payload.set_data(data.data(), data.size());
  ::common::Envelope envelope;
  envelope.set_payload(payload.SerializeAsString());
  envelope.set_signature(signer.sign(envelope.payload()));
  return envelope.SerializeAsString();
}

}  // namespace belfry::devnet

#include "fabric/headers.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "fabric/transaction.h"

namespace belfry::fabric {
namespace {

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

}  // namespace

common::SignatureHeader signature_header(const msp::SigningIdentity& identity, Random& random) {
  common::SignatureHeader header;
  header.set_creator(identity.serialized());
  header.set_nonce(nonce(random));
  return header;
}

common::ChannelHeader channel_header(common::HeaderType type, std::string_view channel,
                                     std::string_view tls_cert_hash, const Clock& clock) {
  common::ChannelHeader header;
  header.set_type(type);
  header.set_channel_id(std::string(channel));
  header.set_tls_cert_hash(std::string(tls_cert_hash));
  set_time(header.mutable_timestamp(), clock.now());
  return header;
}

std::string transaction_id(const common::SignatureHeader& header) {
  Sha256 id;
  id.add(header.nonce());
  id.add(header.creator());
  return hex(view(id.finish()));
}

std::string signed_envelope(const common::ChannelHeader& header, std::string data,
                            const msp::SigningIdentity& identity, Random& random) {
  common::Payload payload;
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  payload.mutable_header()->set_signature_header(
      signature_header(identity, random).SerializeAsString());
  payload.set_data(std::move(data));
  return sign_payload(payload.SerializeAsString(), identity);
}

}  // namespace belfry::fabric

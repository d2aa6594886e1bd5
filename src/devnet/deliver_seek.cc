#include "devnet/deliver_seek.h"

#include "common/common.pb.h"
#include "devnet/access.h"
#include "msp/certificate.h"
#include "orderer/ab.pb.h"

namespace belfry::devnet {
namespace {

bool same_time(const google::protobuf::Timestamp& stamp, WallTime now) {
  // Far off times do not fit nanoseconds.
  const auto apart =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() - stamp.seconds();
  constexpr int64_t kFar = 1'000'000;
  if (apart > kFar || apart < -kFar) return false;
  const WallTime then{std::chrono::seconds(stamp.seconds()) +
                      std::chrono::nanoseconds(stamp.nanos())};
  return (now > then ? now - then : then - now) <= DeliverSeek::kTimeWindow;
}

std::optional<WallTime> end_of(std::string_view identity) {
  auto parts = msp::parse_identity(identity);
  if (!parts) return {};
  auto certificate = msp::Certificate::from_pem(parts->certificate_pem);
  return certificate ? std::optional(certificate->not_after()) : std::nullopt;
}

}  // namespace

std::variant<DeliverSeek, Status> DeliverSeek::begin(const DeliverHost& host,
                                                     std::string_view bytes,
                                                     std::string_view client_certificate) {
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ChannelHeader header;
  ::common::SignatureHeader signer;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !payload.ParseFromString(envelope.payload()) || !payload.has_header() ||
      !header.ParseFromString(payload.header().channel_header()) ||
      !signer.ParseFromString(payload.header().signature_header()) || !header.has_timestamp() ||
      !same_time(header.timestamp(), host.clock.now()))
    return Status::bad_request;
  if (host.mutual_tls &&
      (client_certificate.empty() || header.tls_cert_hash() != client_certificate))
    return Status::bad_request;
  auto channel = host.find_channel(header.channel_id());
  if (channel == nullptr) return Status::not_found;
  ::orderer::SeekInfo info;
  if (!info.ParseFromString(payload.data())) return Status::bad_request;

  DeliverSeek seek(host, std::move(channel));
  seek.payload_ = std::move(*envelope.mutable_payload());
  seek.signature_ = std::move(*envelope.mutable_signature());
  seek.creator_ = std::move(*signer.mutable_creator());
  seek.expires_ = end_of(seek.creator_);
  if (!seek.allowed()) return Status::forbidden;
  if (!info.has_start() || !info.has_stop()) return Status::bad_request;

  using Position = ::orderer::SeekPosition;
  const uint64_t height = seek.channel_->ledger().height();
  switch (info.start().Type_case()) {
    case Position::kOldest:
      break;
    case Position::kNewest:
      seek.number_ = height - 1;
      break;
    case Position::kNextCommit:
      seek.number_ = height;
      break;
    case Position::kSpecified:
      seek.missing_ = info.start().specified().number() > height;
      if (!seek.missing_) seek.number_ = info.start().specified().number();
      break;
    default:
      seek.missing_ = true;
  }
  switch (info.stop().Type_case()) {
    case Position::kOldest:
      seek.stop_ = seek.number_;
      break;
    case Position::kNewest:
      seek.stop_ = info.start().has_newest() ? seek.number_ : height - 1;
      break;
    case Position::kSpecified:
      seek.stop_ = info.stop().specified().number();
      if (seek.stop_ < seek.number_) return Status::bad_request;
      break;
    default:  // block 0, whatever the start
      break;
  }
  seek.fail_if_not_ready_ = info.behavior() == ::orderer::SeekInfo::FAIL_IF_NOT_READY;
  return seek;
}

bool DeliverSeek::allowed() {
  if (expires_ && host_->clock.now() > *expires_) return false;
  const auto config = channel_->access();
  if (checked_ == config->sequence) return true;
  checked_ = config->sequence;
  return check_policy(*config, host_->policy(*config), creator_, payload_, signature_,
                      *host_->signatures)
      .has_value();
}

std::variant<ledger::CommittedBlockPtr, Status, DeliverSeek::Wait> DeliverSeek::next() {
  if (done_) return Status::success;
  if (missing_) return Status::not_found;
  if (number_ >= channel_->ledger().height()) {
    if (fail_if_not_ready_) return Status::not_found;
    return Wait{};
  }
  auto block = channel_->ledger().block(number_);
  if (!block) return Status::internal_error;
  if (!allowed()) return Status::forbidden;
  done_ = number_ == stop_;
  ++number_;
  return std::move(*block);
}

}  // namespace belfry::devnet

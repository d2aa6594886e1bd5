#include "standin/peer.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/method_handler.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "common/ledger.pb.h"
#include "decode/block.h"
#include "orderer/ab.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/peer.grpc.pb.h"
#include "standin/filtered.h"

namespace belfry::tests {
namespace {

using Stream = grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
enum class Form { full, filtered, private_data };
enum : int {
  kSuccess = 200,
  kBadRequest = 400,
  kForbidden = 403,
  kNotFound = 404,
  kBadResponse = 500
};

std::string flat(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  BELFRY_CHECK(buffer.Dump(&slices).ok());
  std::string out;
  for (const auto& slice : slices)
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return out;
}

bool send(Stream& stream, const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return stream.Write(grpc::ByteBuffer(&slice, 1));
}

bool send_status(Stream& stream, int status) {
  std::string bytes;
  append_field(bytes, 1, static_cast<uint64_t>(status));
  return send(stream, bytes);
}

// The block in field `field` of a DeliverResponse, without copying it.
bool send_block(Stream& stream, int field, const std::shared_ptr<const std::string>& block) {
  std::string head;
  append_varint(head, static_cast<uint64_t>(field) << 3 | 2);
  append_varint(head, block->size());
  auto* keep = new std::shared_ptr<const std::string>(block);
  const grpc::Slice slices[] = {
      grpc::Slice(head),
      grpc::Slice(
          const_cast<char*>(block->data()), block->size(),
          [](void* kept) { delete static_cast<std::shared_ptr<const std::string>*>(kept); }, keep)};
  return stream.Write(grpc::ByteBuffer(slices, 2));
}

// A parsed and checked request to Deliver.
struct Request {
  std::string envelope_payload, signature, creator, channel;
  orderer::SeekInfo seek;
};

}  // namespace

// The Endorser service, and Deliver's three methods beside it, which send blocks as the bytes they
// are.
class StandinPeer::Services : public protos::Endorser::Service {
 public:
  Services(StandinPeer& peer, int& port) : peer_(peer) {
    add("/protos.Deliver/Deliver", Form::full);
    add("/protos.Deliver/DeliverFiltered", Form::filtered);
    add("/protos.Deliver/DeliverWithPrivateData", Form::private_data);
    const StandinOptions& options = peer.options_;
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (!options.tls_certificate.empty()) {
      grpc::SslServerCredentialsOptions tls(
          options.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
      tls.pem_key_cert_pairs.push_back({options.tls_key, options.tls_certificate});
      tls.pem_root_certs = options.client_ca;
      credentials = grpc::SslServerCredentials(tls);
    }
    grpc::ServerBuilder builder;
    builder.SetMaxSendMessageSize(-1);
    // As Fabric's peers: pings no faster than once a minute, and it allows address reuse after a
    // restart.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 60'000);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), credentials, &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    BELFRY_CHECK(server_ != nullptr && port != 0);
  }
  ~Services() override {
    peer_.stopping_ = true;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  grpc::Status ProcessProposal(grpc::ServerContext* context,
                               const protos::SignedProposal* signed_proposal,
                               protos::ProposalResponse* response) override;

 private:
  void add(const char* name, Form form) {
    AddMethod(new grpc::internal::RpcServiceMethod(
        name, grpc::internal::RpcMethod::BIDI_STREAMING,
        new grpc::internal::BidiStreamingHandler<Services, grpc::ByteBuffer, grpc::ByteBuffer>(
            [form](Services* self, grpc::ServerContext* context, Stream* stream) {
              return self->deliver(*context, *stream, form);
            },
            this)));
  }

  grpc::Status deliver(grpc::ServerContext& context, Stream& stream, Form form);
  int read(const grpc::ServerContext& context, const common::Envelope& envelope,
           Request& out) const;
  int serve(grpc::ServerContext& context, Stream& stream, Form form, const Request& request,
            bool& hang_up);
  bool send_block_of(Stream& stream, Form form, uint64_t number,
                     const std::shared_ptr<const std::string>& block);
  bool may(Form form, const Request& request, const Misbehaviour& wrong) const;
  uint64_t height() const {
    const Misbehaviour wrong = peer_.misbehaviour();
    return std::min(peer_.chain_->height(), wrong.height.value_or(UINT64_MAX));
  }
  void query(const std::vector<std::string>& arguments, protos::Response& out) const;

  StandinPeer& peer_;
  std::unique_ptr<grpc::Server> server_;
};

grpc::Status StandinPeer::Services::deliver(grpc::ServerContext& context, Stream& stream,
                                            Form form) {
  if (peer_.misbehaviour().too_many_streams)
    return {grpc::StatusCode::UNKNOWN,
            "too many requests for /protos.Deliver, exceeding concurrency limit (2500)"};
  grpc::ByteBuffer incoming;
  while (stream.Read(&incoming)) {
    common::Envelope envelope;
    if (!envelope.ParseFromString(flat(incoming)))
      return {grpc::StatusCode::INTERNAL,
              "grpc: failed to unmarshal the received message: proto: cannot parse invalid "
              "wire-format data"};
    {
      const std::lock_guard lock(peer_.mutex_);
      ++peer_.seeks_;
    }
    peer_.asked_.notify_all();
    Request request;
    bool hang_up = false;
    int status = read(context, envelope, request);
    if (status == kSuccess) status = serve(context, stream, form, request, hang_up);
    if (hang_up || context.IsCancelled()) return grpc::Status::OK;
    if (!send_status(stream, status) || status != kSuccess) return grpc::Status::OK;
  }
  return grpc::Status::OK;
}

int StandinPeer::Services::read(const grpc::ServerContext& context,
                                const common::Envelope& envelope, Request& out) const {
  common::Payload payload;
  common::ChannelHeader header;
  common::SignatureHeader signer;
  if (!payload.ParseFromString(envelope.payload()) || !payload.has_header() ||
      !header.ParseFromString(payload.header().channel_header()) ||
      !signer.ParseFromString(payload.header().signature_header()))
    return kBadRequest;
  if (!header.has_timestamp() || !fresh(header.timestamp().seconds(), peer_.options_.clock->now()))
    return kBadRequest;
  if (!peer_.options_.client_ca.empty()) {
    const auto shown = context.auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (shown.empty() ||
        certificate_hash({shown[0].data(), shown[0].size()}) != header.tls_cert_hash())
      return kBadRequest;
  }
  if (header.channel_id() != peer_.options_.channel) return kNotFound;
  if (!out.seek.ParseFromString(payload.data())) return kBadRequest;
  out.envelope_payload = envelope.payload();
  out.signature = envelope.signature();
  out.creator = signer.creator();
  return kSuccess;
}

bool StandinPeer::Services::may(Form form, const Request& request,
                                const Misbehaviour& wrong) const {
  if (wrong.filtered_only && form != Form::filtered) return false;
  return check_creator(peer_.options_.members, request.creator, request.envelope_payload,
                       request.signature, peer_.options_.clock->now()) == Access::granted;
}

// Follows common/deliver/deliver.go's order of checks.
int StandinPeer::Services::serve(grpc::ServerContext& context, Stream& stream, Form form,
                                 const Request& request, bool& hang_up) {
  const orderer::SeekInfo& seek = request.seek;
  Misbehaviour wrong = peer_.misbehaviour();
  if (wrong.every_seek) return *wrong.every_seek;
  if (!may(form, request, wrong)) return kForbidden;
  if (!seek.has_start() || !seek.has_stop()) return kBadRequest;

  uint64_t number = 0;
  bool there = true;
  const uint64_t first = peer_.options_.first_block;
  switch (seek.start().Type_case()) {
    case orderer::SeekPosition::kOldest:
      number = first;
      break;
    case orderer::SeekPosition::kNewest:
      number = height() - 1;
      break;
    case orderer::SeekPosition::kNextCommit:
      number = height();
      break;
    case orderer::SeekPosition::kSpecified:
      there = seek.start().specified().number() <= height() &&
              seek.start().specified().number() >= first;
      number = there ? seek.start().specified().number() : 0;
      break;
    case orderer::SeekPosition::TYPE_NOT_SET:
      there = false;
  }
  uint64_t last = 0;
  switch (seek.stop().Type_case()) {
    case orderer::SeekPosition::kOldest:
      last = number;
      break;
    case orderer::SeekPosition::kNewest:
      last = seek.start().has_newest() ? number : height() - 1;
      break;
    case orderer::SeekPosition::kSpecified:
      last = seek.stop().specified().number();
      if (last < number) return kBadRequest;
      break;
    default:
      break;
  }

  for (;; ++number) {
    if (seek.behavior() == orderer::SeekInfo::FAIL_IF_NOT_READY && number >= height())
      return kNotFound;
    if (!there) return kNotFound;
    const auto gone = [&] { return context.IsCancelled() || peer_.stopping_; };
    std::shared_ptr<const std::string> block;
    do {
      block = peer_.chain_->wait_for(number, gone);
      wrong = peer_.misbehaviour();
      if (block && (wrong.height.value_or(UINT64_MAX) <= number ||
                    wrong.hold_from.value_or(UINT64_MAX) <= number)) {
        block = nullptr;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    } while (!block && !gone());
    if (!block || (hang_up = wrong.hang_up_at == number)) {
      hang_up = true;
      return kSuccess;
    }
    if (!may(form, request, wrong)) return kForbidden;
    if (const auto status = wrong.status_instead.find(number); status != wrong.status_instead.end())
      return status->second;
    const auto bytes = wrong.bytes_instead.find(number);
    if (!(bytes != wrong.bytes_instead.end() ? send(stream, bytes->second)
                                             : send_block_of(stream, form, number, block))) {
      hang_up = true;
      return kSuccess;
    }
    std::function<void(uint64_t)> sent;
    {
      const std::lock_guard lock(peer_.mutex_);
      sent = peer_.on_sent_;
    }
    if (sent) sent(number);
    if (number == last) return kSuccess;
  }
}

bool StandinPeer::Services::send_block_of(Stream& stream, Form form, uint64_t number,
                                          const std::shared_ptr<const std::string>& block) {
  if (form == Form::full) return send_block(stream, 2, block);
  if (form == Form::filtered) {
    auto filtered = filtered_block(*block);
    return filtered
               ? send_block(stream, 3, std::make_shared<const std::string>(std::move(*filtered)))
               : send_status(stream, kBadRequest);
  }
  std::string both;
  append_field(both, 1, *block);
  {
    const std::lock_guard lock(peer_.mutex_);
    for (const auto& [transaction, data] : peer_.private_data_[number]) {
      std::string entry;
      append_field(entry, 1, transaction);
      append_field(entry, 2, data);
      append_field(both, 2, entry);
    }
  }
  return send_block(stream, 4, std::make_shared<const std::string>(std::move(both)));
}

grpc::Status StandinPeer::Services::ProcessProposal(grpc::ServerContext*,
                                                    const protos::SignedProposal* signed_proposal,
                                                    protos::ProposalResponse* response) {
  const auto refuse = [](const std::string& why) {
    return grpc::Status(grpc::StatusCode::UNKNOWN, "error validating proposal: " + why);
  };
  protos::Proposal proposal;
  common::Header header;
  common::ChannelHeader channel;
  common::SignatureHeader signer;
  protos::ChaincodeHeaderExtension extension;
  protos::ChaincodeProposalPayload payload;
  protos::ChaincodeInvocationSpec invocation;
  if (!proposal.ParseFromString(signed_proposal->proposal_bytes()) ||
      !header.ParseFromString(proposal.header()) ||
      !channel.ParseFromString(header.channel_header()) ||
      !signer.ParseFromString(header.signature_header()) ||
      !extension.ParseFromString(channel.extension()) ||
      !payload.ParseFromString(proposal.payload()) || !invocation.ParseFromString(payload.input()))
    return refuse("it does not decode");
  if (!channel.has_timestamp() ||
      !fresh(channel.timestamp().seconds(), peer_.options_.clock->now()))
    return {grpc::StatusCode::UNKNOWN, "request unauthorized due to incorrect timestamp"};
  if (channel.type() != common::ENDORSER_TRANSACTION || channel.epoch() != 0)
    return refuse("invalid header type");
  if (signer.nonce().empty()) return refuse("nonce is empty");
  if (signer.creator().empty()) return refuse("creator is empty");
  if (signed_proposal->signature().empty()) return refuse("empty signature bytes");
  const std::string at = "access denied: channel [" + channel.channel_id() + "] creator org ";
  // An unknown channel is found out only after the creator passed the peer's own membership.
  switch (check_creator(peer_.options_.members, signer.creator(), signed_proposal->proposal_bytes(),
                        signed_proposal->signature(), peer_.options_.clock->now())) {
    case Access::granted:
      break;
    case Access::bad_signature:
      return refuse(at + "[Org1MSP]");
    case Access::unknown_creator:
      return refuse(at + "unknown, creator is malformed");
    case Access::expired:
      return refuse(at + "unknown, creator certificate is not valid");
  }
  Sha256 id;
  id.add(signer.nonce());
  id.add(signer.creator());
  if (channel.tx_id() != hex(view(id.finish()))) return refuse("incorrectly computed txid");
  if (channel.channel_id() != peer_.options_.channel) {
    response->mutable_response()->set_status(kBadResponse);
    response->mutable_response()->set_message("channel '" + channel.channel_id() + "' not found");
    return grpc::Status::OK;
  }
  const Misbehaviour wrong = peer_.misbehaviour();
  if (wrong.every_seek == 503) return {grpc::StatusCode::UNKNOWN, "ledger is not ready"};
  if (extension.chaincode_id().name() != "qscc" || wrong.no_qscc)
    return {grpc::StatusCode::UNKNOWN,
            "access denied for [GetChainInfo][" + channel.channel_id() + "]"};
  const auto& arguments = invocation.chaincode_spec().input().args();
  query({arguments.begin(), arguments.end()}, *response->mutable_response());
  {
    const std::lock_guard lock(peer_.mutex_);
    ++peer_.queries_;
  }
  peer_.asked_.notify_all();
  return grpc::Status::OK;
}

void StandinPeer::Services::query(const std::vector<std::string>& arguments,
                                  protos::Response& out) const {
  out.set_status(kBadResponse);
  if (arguments.size() < 2) {
    out.set_message("Incorrect number of arguments, " + std::to_string(arguments.size()));
  } else if (arguments[1] != peer_.options_.channel) {
    out.set_message("Invalid chain ID, " + arguments[1]);
  } else if (arguments[0] == "GetChainInfo") {
    common::BlockchainInfo info;
    info.set_height(height());
    const auto bytes = peer_.chain_->at(info.height() - 1);
    const auto tip = decode::parse_block(bytes, *bytes);
    BELFRY_CHECK(tip.has_value());
    info.set_currentblockhash(std::string(view(decode::header_hash(*tip))));
    info.set_previousblockhash(std::string(tip->previous_hash));
    if (peer_.options_.first_block > 0)
      info.mutable_bootstrappingsnapshotinfo()->set_lastblockinsnapshot(peer_.options_.first_block -
                                                                        1);
    out.set_status(kSuccess);
    out.set_payload(info.SerializeAsString());
  } else if (arguments[0] == "GetBlockByNumber" && arguments.size() > 2) {
    const uint64_t number = std::stoull(arguments[2]);
    const auto block = number < height() && number >= peer_.options_.first_block
                           ? peer_.chain_->at(number)
                           : nullptr;
    if (block) {
      out.set_status(kSuccess);
      out.set_payload(*block);
    } else {
      out.set_message("Failed to get block number " + arguments[2] +
                      ", error no such block number [" + arguments[2] + "] in index");
    }
  } else {
    out.set_message("missing 3rd argument for " + arguments[0]);
  }
}

StandinPeer::StandinPeer(StandinOptions options, std::shared_ptr<Chain> chain)
    : options_(std::move(options)), chain_(std::move(chain)), port_(options_.port) {
  start();
}

StandinPeer::~StandinPeer() {
  stop();
}

void StandinPeer::stop() {
  services_.reset();
}

void StandinPeer::start() {
  stopping_ = false;
  services_ = std::make_unique<Services>(*this, port_);
}

void StandinPeer::misbehave(const std::function<void(Misbehaviour&)>& change) {
  const std::lock_guard lock(mutex_);
  change(misbehaviour_);
}

Misbehaviour StandinPeer::misbehaviour() const {
  const std::lock_guard lock(mutex_);
  return misbehaviour_;
}

void StandinPeer::add_private_data(uint64_t block, uint64_t transaction, std::string data) {
  const std::lock_guard lock(mutex_);
  private_data_[block].emplace_back(transaction, std::move(data));
}

void StandinPeer::wait_for_seeks(int count) const {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, [&] { return seeks_ >= count; });
}

void StandinPeer::wait_for_queries(int count) const {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, [&] { return queries_ >= count; });
}

void StandinPeer::on_sent(std::function<void(uint64_t)> callback) {
  const std::lock_guard lock(mutex_);
  on_sent_ = std::move(callback);
}

}  // namespace belfry::tests

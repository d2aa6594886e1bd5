// For tests that hold the devnet to what real orderers and peers answered (tests/data/transcripts):
// a network like the recorded one, requests as a case describes them, and gRPC streams of bytes.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/forgetful_files.h"
#include "devnet/network.h"
#include "devnet/transaction_harness.h"
#include "orderer/ab.pb.h"
#include "peer/events.pb.h"
#include "support/certificates.h"
#include "support/xz.h"

namespace belfry::devnet {

using Json = simdjson::dom::element;

inline bool has(const Json& request, const char* key) {
  return request[key].error() == simdjson::SUCCESS;
}
inline std::string text(const Json& request, const char* key, const char* otherwise) {
  std::string_view value;
  return request[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string(otherwise);
}
// Of a case whose answer differs by version: what 2.5 answered.
inline Json response_of(const Json& one) {
  return has(one, "response") ? Json(one["response"]) : Json(one["responses"]["2.5.16"]);
}

// One bidirectional stream, in bytes. Everything ends within a minute.
class RawStream {
 public:
  RawStream(std::shared_ptr<grpc::Channel> channel, const std::string& method)
      : name_("/" + method),
        method_(name_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_.reset(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channel.get(), method_, &context_));
  }
  ~RawStream() {
    if (!finished_) end();
  }
  void write(const std::string& bytes) {
    grpc::Slice slice(bytes);
    EXPECT_TRUE(stream_->Write(grpc::ByteBuffer(&slice, 1)));
  }
  void half_close() { stream_->WritesDone(); }
  bool read(std::string& bytes) {
    grpc::ByteBuffer buffer;
    if (!stream_->Read(&buffer)) return false;
    std::vector<grpc::Slice> slices;
    bytes.clear();
    EXPECT_TRUE(buffer.Dump(&slices).ok());
    for (const auto& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return true;
  }
  // After the server's own end, or ours.
  grpc::Status finish() {
    finished_ = true;
    return stream_->Finish();
  }
  // Ends a stream that should be open still: CANCELLED then.
  grpc::Status end() {
    context_.TryCancel();
    std::string bytes;
    while (read(bytes)) {
    }
    return finish();
  }

 private:
  const std::string name_;
  grpc::internal::RpcMethod method_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
  bool finished_ = false;
};

class TranscriptTest : public ::testing::Test {
 protected:
  // The devnet's time; it stands until moved.
  TranscriptTest() : clock_(system_clock().now()) {}

  void start(bool mutual_tls = false) {
    network_.reset();
    NetworkSettings settings;
    settings.folder = mutual_tls ? "mutual" : "net";
    settings.orderer_port = settings.peer_port = 0;
    settings.participation_port = settings.operations_port = 0;
    settings.client_certificates = mutual_tls;
    auto started = Network::start(settings, files_, clock_, nullptr);
    ASSERT_TRUE(started) << started.error().message;
    network_ = std::move(*started);
    auto outside = open_material(files_, clock_, {.folder = "outside", .organizations = {"Org3"}});
    ASSERT_TRUE(outside) << outside.error().message;
    outside_ = std::move(*outside);
  }

  // The definition of ngo with the recorded network's collections.
  void define_ngo() {
    ::protos::CollectionConfigPackage collections;
    add_collection(collections, "donors", {"Org1MSP", "Org2MSP"});
    add_collection(collections, "org1only", {"Org1MSP"});
    for (auto& config : *collections.mutable_config())
      config.mutable_static_collection_config()->set_member_only_read(true);
    ASSERT_EQ(submit("_lifecycle", definition_sets("ngo", 1, collections.SerializeAsString())),
              ledger::code::kValid);
  }

  Channel& channel() { return *network_->channels().find("mychannel"); }
  uint64_t height() { return channel().ledger().height(); }
  const OrganizationMaterial& org(size_t index) const {
    return network_->material().organizations[index];
  }
  const Node& peer(size_t index) const { return org(index).nodes.front(); }

  MadeTransaction make(const std::string& chaincode, const Sets& sets,
                       const std::string& event = {}) const {
    return make_transaction("mychannel", chaincode, sets, *org(0).users[1].identity,
                            {&peer(0), &peer(1)}, event);
  }
  int submit(const std::string& chaincode, const Sets& sets) {
    return submit_to(channel(), make(chaincode, sets));
  }
  void commit_block() {
    EXPECT_EQ(submit("ngo", Sets().write("ngo", "key" + std::to_string(height()), "v")),
              ledger::code::kValid);
  }

  std::shared_ptr<grpc::Channel> connect(const std::string& service, size_t peer_index = 0,
                                         bool with_certificate = false) const {
    const bool orderer = service.starts_with("orderer.");
    const auto& owner = orderer ? network_->material().orderer : org(peer_index);
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = owner.tls_ca.certificate;
    if (with_certificate) {
      tls.pem_cert_chain = org(0).users[1].tls.certificate;
      tls.pem_private_key = org(0).users[1].tls.key;
    }
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(owner.nodes.front().name);
    return grpc::CreateCustomChannel(orderer
                                         ? network_->orderer_address()
                                         : network_->peer_address(*network_->peers()[peer_index]),
                                     grpc::SslCredentials(tls), arguments);
  }
  std::string client_certificate_hash() const {
    auto certificate = msp::Certificate::from_pem(org(0).users[1].tls.certificate);
    return std::string(view(certificate->fingerprint()));
  }

  msp::SigningIdentity creator(const std::string& who) const {
    if (who.starts_with("peer0.org1")) return *peer(0).identity;
    if (who.starts_with("Org2MSP with")) {
      const auto& pair = org(0).users[1].signing;
      return *msp::identity_from_pem("Org2MSP", pair.certificate, pair.key);
    }
    if (who.starts_with("User1@org3")) return *outside_.organizations[0].users[1].identity;
    return *org(who.starts_with("User1@org2") ? 1 : 0).users[1].identity;
  }

  // "now -20 min", "now 14 min", "now - 24 h"
  static std::optional<Duration> offset_of(const Json& request) {
    if (!has(request, "timestamp")) return Duration::zero();
    std::string words = text(request, "timestamp", "");
    if (words.empty()) return {};  // null: no timestamp
    std::erase(words, ' ');
    const auto number = std::stoll(words.substr(3));
    return words.ends_with('h') ? Duration(std::chrono::hours(number))
                                : Duration(std::chrono::minutes(number));
  }

  // The signed envelope that a case describes, over this data and with this header type unless it
  // says otherwise.
  std::string envelope(const Json& request, std::string data, int64_t type,
                       const std::string& transaction_id = {},
                       const std::string& tls_hash = {}) const {
    const auto identity = creator(text(request, "creator", "User1@org1"));
    ::common::ChannelHeader header;
    if (has(request, "header_type")) type = request["header_type"];
    header.set_type(static_cast<int>(type));
    header.set_channel_id(text(request, "channel", "mychannel"));
    header.set_tx_id(transaction_id);
    if (auto offset = offset_of(request))
      header.mutable_timestamp()->set_seconds(
          std::chrono::floor<std::chrono::seconds>(clock_.now() + *offset)
              .time_since_epoch()
              .count());
    header.set_tls_cert_hash(
        text(request, "tls_cert_hash", "") == "32 zero bytes" ? std::string(32, '\0') : tls_hash);
    ::common::SignatureHeader signer;
    if (text(request, "nonce", "a nonce") != "") signer.set_nonce("a nonce");
    if (text(request, "creator", "?") != "") signer.set_creator(identity.serialized());
    ::common::Payload payload;
    payload.mutable_header()->set_channel_header(header.SerializeAsString());
    payload.mutable_header()->set_signature_header(signer.SerializeAsString());
    payload.set_data(std::move(data));
    const std::string spoilt = text(request, "payload", "");
    if (spoilt == "Payload{data}") payload.clear_header();
    ::common::Envelope envelope;
    envelope.set_payload(spoilt.starts_with("ffff") ? "\xff\xff" : payload.SerializeAsString());
    std::string signature = identity.sign(envelope.payload());
    const std::string signed_by = text(request, "signature", "over it");
    if (signed_by == "") signature.clear();
    if (signed_by == "well formed, over other bytes") signature = identity.sign("other bytes");
    if (signed_by == "valid, S above half the order") signature = tests::flip_s(signature);
    if (signed_by == "User1@org2's") signature = creator("User1@org2").sign(envelope.payload());
    envelope.set_signature(signature);
    return envelope.SerializeAsString();
  }

  // "height+1", "base", "max" or a number.
  static uint64_t number(const Json& value, uint64_t base) {
    int64_t plain = 0;
    if (value.get(plain) == simdjson::SUCCESS) return static_cast<uint64_t>(plain);
    const std::string words(std::string_view{value});
    if (words == "max") return UINT64_MAX;
    const size_t end = words.find_first_of("+-");
    return end == std::string::npos ? base
                                    : base + static_cast<uint64_t>(std::stoll(words.substr(end)));
  }
  static void set_position(const Json& request, const char* key, uint64_t base,
                           ::orderer::SeekInfo& info) {
    if (!has(request, key)) return;
    auto* at = std::string(key) == "start" ? info.mutable_start() : info.mutable_stop();
    const std::string words = text(request, key, "");
    if (words == "oldest")
      at->mutable_oldest();
    else if (words == "newest")
      at->mutable_newest();
    else if (words == "next")
      at->mutable_next_commit();
    else if (words != "none")
      at->mutable_specified()->set_number(number(Json(request[key]), base));
  }
  std::string seek_message(const Json& request, uint64_t base,
                           const std::string& tls_hash = {}) const {
    if (has(request, "message")) return "\xff\xff";
    if (has(request, "envelope")) return "";
    ::orderer::SeekInfo info;
    set_position(request, "start", base, info);
    set_position(request, "stop", base, info);
    if (!has(request, "start") && !has(request, "stop") && !has(request, "behavior")) {
      info.mutable_start()->mutable_oldest();  // a case about something else
      info.mutable_stop()->mutable_newest();
    }
    if (text(request, "behavior", "") == "FAIL_IF_NOT_READY")
      info.set_behavior(::orderer::SeekInfo::FAIL_IF_NOT_READY);
    std::string data = info.SerializeAsString();
    if (has(request, "data")) data = text(request, "data", "").empty() ? "" : "\xff\xff";
    return envelope(request, data, ::common::DELIVER_SEEK_INFO, {}, tls_hash);
  }

  static void expect_end(RawStream& stream, const Json& response) {
    const std::string end = text(response, "end", "an error");
    if (end == "open") {
      EXPECT_EQ(stream.end().error_code(), grpc::StatusCode::CANCELLED);
      return;
    }
    std::string bytes;
    EXPECT_FALSE(stream.read(bytes));
    const grpc::Status status = stream.finish();
    if (end == "an error") {
      EXPECT_EQ(status.error_code(), static_cast<int>(int64_t(response["end"]["grpc_code"])));
      EXPECT_EQ(status.error_message(),
                std::string(std::string_view(response["end"]["grpc_message"])));
    } else {
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
  }

  ForgetfulFiles files_{5};
  ManualClock clock_;
  Material outside_;
  std::unique_ptr<Network> network_;
};

}  // namespace belfry::devnet

#include "devnet/chaincode_streams.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <simdjson.h>

#include <deque>
#include <mutex>

#include "devnet/chaincode_runtime.h"
#include "peer/chaincode_shim.grpc.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;

// A chaincode that sends more than it reads is not read until it has caught up.
constexpr size_t kMostQueued = 1024;

// Reads for a handler and writes what it sends, one message after another. `Reactor` is gRPC's, of
// either side.
template <class Reactor>
class Pump : public Reactor, public ChaincodeStream {
 public:
  void send(ChaincodeMessage message) override {
    std::lock_guard lock(mutex_);
    if (closing_) return;
    out_.push_back(std::move(message));
    if (out_.size() == 1) write_first();
  }

 protected:
  void begin(std::shared_ptr<ChaincodeHandler> handler) {
    handler_ = std::move(handler);
    this->StartRead(&in_);
  }

  // What is left to do once nothing is being written any more. With the lock held, once.
  virtual void close() = 0;
  void begin_close(bool discard) {
    closing_ = true;
    if (discard && out_.size() > 1) out_.erase(out_.begin() + 1, out_.end());
    if (out_.empty() && !closed_) {
      closed_ = true;
      close();
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      std::lock_guard lock(mutex_);
      return begin_close(true);
    }
    handler_->received(std::move(in_));
    in_.Clear();
    std::lock_guard lock(mutex_);
    if (out_.size() > kMostQueued)
      paused_ = true;
    else
      this->StartRead(&in_);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    out_.pop_front();
    if (!ok) out_.clear();
    if (!out_.empty()) write_first();
    if (closing_) begin_close(!ok);
    if (paused_ && out_.size() < kMostQueued / 2) {
      paused_ = false;
      this->StartRead(&in_);
    }
  }

  // From OnDone: nothing is sent any more.
  void tell_ended() {
    handler_->ended(reason_.empty() ? "the chaincode ended its stream" : reason_);
  }
  bool writing() const { return !out_.empty(); }

  std::mutex mutex_;
  std::string reason_;

 private:
  // What follows goes out with it, in one packet.
  void write_first() {
    grpc::WriteOptions options;
    if (out_.size() > 1) options.set_buffer_hint();
    this->StartWrite(&out_.front(), options);
  }

  std::shared_ptr<ChaincodeHandler> handler_;
  ChaincodeMessage in_;
  std::deque<ChaincodeMessage> out_;
  bool paused_ = false, closing_ = false, closed_ = false;
};

class Registered final : public Pump<grpc::ServerBidiReactor<ChaincodeMessage, ChaincodeMessage>> {
 public:
  Registered(ChaincodeRuntime& runtime, grpc::CallbackServerContext* context) : context_(context) {
    begin(runtime.accept(*this));
  }

  void end(const std::string& reason) override {
    std::lock_guard lock(mutex_);
    reason_ = reason;
    if (writing()) context_->TryCancel();  // it may never read what is being written
    begin_close(false);
  }

 private:
  void close() override {
    Finish(reason_.empty() ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNKNOWN, reason_));
  }
  void OnDone() override {
    tell_ended();
    delete this;
  }

  grpc::CallbackServerContext* const context_;
};

class Service final : public ::protos::ChaincodeSupport::CallbackService {
 public:
  explicit Service(std::shared_ptr<ChaincodeRuntime> runtime) : runtime_(std::move(runtime)) {}
  grpc::ServerBidiReactor<ChaincodeMessage, ChaincodeMessage>* Register(
      grpc::CallbackServerContext* context) override {
    return new Registered(*runtime_, context);
  }

 private:
  std::shared_ptr<ChaincodeRuntime> runtime_;
};

class Connected final : public Pump<grpc::ClientBidiReactor<ChaincodeMessage, ChaincodeMessage>> {
 public:
  Connected(std::shared_ptr<ChaincodeRuntime> runtime, std::string id, std::string address,
            std::shared_ptr<grpc::Channel> channel, Callback<std::string> failed)
      : runtime_(std::move(runtime)),
        id_(std::move(id)),
        address_(std::move(address)),
        stub_(::protos::Chaincode::NewStub(std::move(channel))),
        failed_(std::move(failed)) {
    stub_->async()->Connect(&context_, this);
    AddHold();  // messages are sent from any thread, until close()
    begin(runtime_->accept(*this));
    StartCall();
  }

  void end(const std::string& reason) override {
    std::lock_guard lock(mutex_);
    reason_ = reason;
    context_.TryCancel();
  }

 private:
  void close() override { RemoveHold(); }
  void OnDone(const grpc::Status& status) override {
    tell_ended();
    // No harm when it had registered: nobody waits for the launch then.
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE &&
        status.error_message().find("failed to connect") != std::string::npos)
      failed_(fmt::format(
          "connection to {0} failed: error cannot create connection for {0}: error creating grpc "
          "connection to {1}: failed to create new connection: connection error: desc = "
          "\"transport: error while dialing: dial tcp {1}: connect: connection refused\"",
          id_, address_));
    else
      failed_(fmt::format("chaincode registration failed: connection to {} terminated", id_));
    delete this;
  }

  std::shared_ptr<ChaincodeRuntime> runtime_;
  const std::string id_, address_;
  grpc::ClientContext context_;
  std::unique_ptr<::protos::Chaincode::Stub> stub_;
  Callback<std::string> failed_;
};

std::string text_of(simdjson::dom::element json, const char* name) {
  std::string_view out;
  return json[name].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

}  // namespace

std::unique_ptr<grpc::Service> make_chaincode_support(std::shared_ptr<ChaincodeRuntime> runtime) {
  return std::make_unique<Service>(std::move(runtime));
}

Result<ChaincodeAddress> parse_connection_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  if (parser.parse(text.data(), text.size()).get(json) != simdjson::SUCCESS || !json.is_object())
    return fail("connection.json is no JSON object");
  ChaincodeAddress out;
  out.address = text_of(json, "address");
  if (out.address.empty()) return fail("connection.json names no address");
  bool required = false;
  if (json["tls_required"].get(required) == simdjson::SUCCESS) out.tls = required;
  out.root_certificates = text_of(json, "root_cert");
  out.client_certificate = text_of(json, "client_cert");
  out.client_key = text_of(json, "client_key");
  return out;
}

void connect_chaincode(std::shared_ptr<ChaincodeRuntime> runtime, const std::string& id,
                       const ChaincodeAddress& address, Callback<std::string> failed) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMostChaincodeMessage);
  arguments.SetMaxSendMessageSize(kMostChaincodeMessage);
  // A connection of its own, so that each launch tries at once.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto credentials = address.tls
                         ? grpc::SslCredentials({address.root_certificates, address.client_key,
                                                 address.client_certificate})
                         : grpc::InsecureChannelCredentials();
  new Connected(std::move(runtime), id, address.address,
                grpc::CreateCustomChannel(address.address, credentials, arguments),
                std::move(failed));
}

}  // namespace belfry::devnet

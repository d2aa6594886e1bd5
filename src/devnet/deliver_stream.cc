#include "devnet/deliver_stream.h"

#include <grpcpp/server_context.h>

#include <mutex>

#include "common/common.pb.h"
#include "msp/certificate.h"

namespace belfry::devnet {
namespace {

void release(void* owner) {
  delete static_cast<std::shared_ptr<const std::string>*>(owner);
}

bool is_envelope(std::string_view bytes) {
  ::common::Envelope envelope;
  return envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Reads and writes run one at a time; a request is read only when the one before it is done.
class Stream final : public DeliverReactor {
 public:
  Stream(const DeliverHost& host, FormBlock form, grpc::CallbackServerContext* context)
      : host_(host), form_(std::move(form)), certificate_(client_certificate_hash(*context)) {
    StartRead(&incoming_);
  }

  void OnReadDone(bool got) override {
    // The client has no more to ask for, and nothing is being served.
    if (!got) return finish(grpc::Status::OK);
    const std::string envelope = to_string(incoming_);
    if (!is_envelope(envelope)) return finish(unparsed());
    auto begun = DeliverSeek::begin(host_, envelope, certificate_);
    if (auto* refused = std::get_if<Status>(&begun)) {
      std::lock_guard lock(mutex_);
      return send_status(*refused);
    }
    auto& seek = std::get<DeliverSeek>(begun);
    listen_to(seek.channel());
    std::lock_guard lock(mutex_);
    seek_ = std::move(seek);
    serve();
  }

  void OnWriteDone(bool sent) override {
    if (!sent) return finish(grpc::Status::CANCELLED);
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
      if (finished_) return;
      if (seek_) return serve();
      if (!ends_) return StartRead(&incoming_);
    }
    finish(grpc::Status::OK);
  }

  void OnCancel() override { finish(grpc::Status::CANCELLED); }

  void OnDone() override {
    if (listened_ != nullptr) listened_->ledger().remove_listener(listener_);
    delete this;
  }

 private:
  // The channel's ledger wakes the stream after each commit. Never under mutex_: the ledger holds a
  // lock of its own while it wakes us.
  void listen_to(Channel& channel) {
    if (listened_.get() == &channel) return;
    if (listened_ != nullptr) listened_->ledger().remove_listener(listener_);
    listened_ = host_.find_channel(channel.name());
    if (listened_ == nullptr) return;
    listener_ = listened_->ledger().add_listener([this](const ledger::CommittedBlockPtr&) {
      std::lock_guard lock(mutex_);
      if (seek_ && waiting_) serve();
    });
  }

  void serve() {
    waiting_ = false;
    if (finished_ || writing_) return;
    auto next = seek_->next();
    if (std::holds_alternative<DeliverSeek::Wait>(next)) {
      waiting_ = true;
      return;
    }
    if (auto* status = std::get_if<Status>(&next)) {
      seek_.reset();
      return send_status(*status);
    }
    write(form_(*std::get<ledger::CommittedBlockPtr>(next), *seek_));
  }

  void send_status(Status status) {
    ends_ = status != Status::success;
    write(status_frame(status));
  }

  void write(const DeliverFrame& frame) {
    if (finished_) return;
    writing_ = true;
    outgoing_ = to_buffer(frame);
    StartWrite(&outgoing_);
  }

  void finish(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  const DeliverHost& host_;
  const FormBlock form_;
  const std::string certificate_;
  grpc::ByteBuffer incoming_, outgoing_;

  std::mutex mutex_;
  std::optional<DeliverSeek> seek_;
  bool waiting_ = false, writing_ = false, finished_ = false;
  bool ends_ = false;  // after the status that is being written
  std::shared_ptr<Channel> listened_;
  uint64_t listener_ = 0;
};

}  // namespace

DeliverReactor* start_deliver_stream(const DeliverHost& host, FormBlock form,
                                     grpc::CallbackServerContext* context) {
  return new Stream(host, std::move(form), context);
}

std::string client_certificate_hash(const grpc::ServerContextBase& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr) return {};
  const auto found = auth->FindPropertyValues("x509_pem_cert");
  if (found.empty()) return {};
  auto certificate =
      msp::Certificate::from_pem(std::string_view(found.front().data(), found.front().size()));
  if (!certificate) return {};
  return std::string(view(certificate->fingerprint()));
}

grpc::ByteBuffer to_buffer(const DeliverFrame& frame) {
  grpc::Slice slices[2] = {grpc::Slice(frame.head), grpc::Slice()};
  if (frame.rest == nullptr || frame.rest->empty()) return grpc::ByteBuffer(slices, 1);
  auto* owner = new std::shared_ptr<const std::string>(frame.rest);
  // gRPC only reads it.
  slices[1] =
      grpc::Slice(const_cast<char*>(frame.rest->data()), frame.rest->size(), release, owner);
  return grpc::ByteBuffer(slices, 2);
}

std::string to_string(grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (buffer.Dump(&slices).ok()) {
    bytes.reserve(buffer.Length());
    for (const grpc::Slice& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  buffer.Clear();
  return bytes;
}

grpc::Status unparsed() {
  return {grpc::StatusCode::INTERNAL,
          "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format "
          "data"};
}

}  // namespace belfry::devnet

#include "fabric/peer_connection.h"

#include <grpcpp/generic/generic_stub.h>

#include <utility>

#include "base/check.h"
#include "fabric/grpc_channel.h"
#include "fabric/peer_buffers.h"
#include "peer/peer.grpc.pb.h"

namespace belfry::fabric {

// A received message, left as it came.
struct RawMessage {
  std::shared_ptr<MessageBuffers> buffers = std::make_shared<MessageBuffers>();
  std::shared_ptr<const std::string> bytes;
};

}  // namespace belfry::fabric

// The thread sanitizer does not see how gRPC, built without it, hands memory from its threads to
// ours.
#ifdef __SANITIZE_THREAD__
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
#else
static void AnnotateIgnoreReadsBegin(const char*, int) {}
static void AnnotateIgnoreReadsEnd(const char*, int) {}
#endif

namespace grpc {

template <>
class SerializationTraits<belfry::fabric::RawMessage> {
 public:
  static Status Deserialize(ByteBuffer* buffer, belfry::fabric::RawMessage* into) {
    std::vector<Slice> slices;
    Status status = buffer->Dump(&slices);
    if (status.ok()) {
      auto bytes = into->buffers->take();
      bytes->reserve(buffer->Length());
      AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
      for (const Slice& slice : slices)
        bytes->append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
      into->bytes = std::move(bytes);
    }
    buffer->Clear();
    return status;
  }
};

}  // namespace grpc

namespace belfry::fabric {
namespace {

using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, RawMessage>;
using Call = grpc::ClientAsyncReaderWriter<grpc::ByteBuffer, RawMessage>;

const char* method(StreamKind kind) {
  switch (kind) {
    case StreamKind::full:
      return "/protos.Deliver/Deliver";
    case StreamKind::filtered:
      return "/protos.Deliver/DeliverFiltered";
    case StreamKind::private_data:
      return "/protos.Deliver/DeliverWithPrivateData";
    case StreamKind::ordered:
      return "/orderer.AtomicBroadcast/Deliver";
  }
  BELFRY_CHECK(false);
}

}  // namespace

// A call goes through its steps one operation at a time; what is under way is `pending`, and the
// queue hands back no other.
struct DeliverCall::State {
  enum Step : intptr_t { kNone, kStarting, kAsking, kReading, kFinishing };

  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  std::unique_ptr<Call> call;
  grpc::ByteBuffer envelope;
  RawMessage incoming;
  Step pending = kNone;
  bool ended = false;

  void* begin(Step step) {
    pending = step;
    return reinterpret_cast<void*>(step);
  }
};

DeliverCall::DeliverCall(std::shared_ptr<grpc::Channel> channel, StreamKind kind,
                         const std::string& envelope)
    : state_(std::make_unique<State>()) {
  const grpc::Slice slice(envelope);
  state_->envelope = grpc::ByteBuffer(&slice, 1);
  state_->call =
      Stub(std::move(channel)).PrepareCall(&state_->context, method(kind), &state_->queue);
  state_->call->StartCall(state_->begin(State::kStarting));
}

DeliverCall::~DeliverCall() {
  state_->context.TryCancel();
  void* tag = nullptr;
  bool ok = false;
  if (state_->pending != State::kNone) state_->queue.Next(&tag, &ok);
  if (!state_->ended && state_->pending != State::kFinishing) {
    state_->call->Finish(&status_, state_->begin(State::kFinishing));
    state_->queue.Next(&tag, &ok);
  }
  state_->queue.Shutdown();
  while (state_->queue.Next(&tag, &ok)) {
  }
}

DeliverCall::Got DeliverCall::read(Duration most, std::stop_token stop) {
  if (state_->ended) return Got::end;
  const std::stop_callback cancel(std::move(stop), [this] { state_->context.TryCancel(); });
  const auto deadline = deadline_after(most);
  for (;;) {
    if (state_->pending == State::kNone)
      state_->call->Read(&state_->incoming, state_->begin(State::kReading));
    void* tag = nullptr;
    bool ok = false;
    const auto next = state_->queue.AsyncNext(&tag, &ok, deadline);
    if (next == grpc::CompletionQueue::TIMEOUT) return Got::nothing;
    BELFRY_CHECK(next == grpc::CompletionQueue::GOT_EVENT &&
                 tag == reinterpret_cast<void*>(state_->pending));
    const auto done = std::exchange(state_->pending, State::kNone);
    if (done == State::kFinishing) {
      state_->ended = true;
      return Got::end;
    }
    if (!ok) {
      state_->call->Finish(&status_, state_->begin(State::kFinishing));
    } else if (done == State::kStarting) {
      state_->call->Write(state_->envelope, state_->begin(State::kAsking));
    } else if (done == State::kReading) {
      message_ = std::move(state_->incoming.bytes);
      return Got::message;
    }
  }
}

Result<PeerConnection> PeerConnection::make(const PeerAddress& peer,
                                            const ConnectionLimits& limits) {
  auto connected = connect(peer, limits);
  if (!connected) return tl::unexpected(connected.error());
  PeerConnection out;
  out.channel_ = std::move(connected->channel);
  out.tls_cert_hash_ = std::move(connected->tls_cert_hash);
  out.answer_timeout_ = limits.answer_timeout;
  return out;
}

grpc::Status PeerConnection::ask(const protos::SignedProposal& proposal,
                                 protos::ProposalResponse& response, std::stop_token stop) const {
  grpc::ClientContext context;
  context.set_deadline(deadline_after(answer_timeout_));
  const std::stop_callback cancel(std::move(stop), [&context] { context.TryCancel(); });
  return protos::Endorser::NewStub(channel_)->ProcessProposal(&context, proposal, &response);
}

std::unique_ptr<DeliverCall> PeerConnection::deliver(StreamKind kind,
                                                     const std::string& envelope) const {
  return std::make_unique<DeliverCall>(channel_, kind, envelope);
}

}  // namespace belfry::fabric

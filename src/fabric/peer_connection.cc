#include "fabric/peer_connection.h"

#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "fabric/peer_buffers.h"
#include "msp/certificate.h"
#include "msp/signer.h"
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
  }
  BELFRY_CHECK(false);
}

std::chrono::system_clock::time_point after(Duration duration) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

int milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// gRPC writes to standard error by itself; what it has to say, our own words say better. Kept for
// --log-level debug.
void take_over_grpc_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function([](gpr_log_func_args* line) {
      log::debug(line->message, {{"from", "gRPC"}});
    });
  });
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
  const auto deadline = after(most);
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
  take_over_grpc_log();
  PeerConnection out;
  out.answer_timeout_ = limits.answer_timeout;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(std::min<uint64_t>(
      limits.receive_limit, static_cast<uint64_t>(std::numeric_limits<int>::max()))));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(limits.keepalive));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(limits.keepalive_timeout));
  // Pings go on however long a quiet channel sends nothing.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A connection of its own: what another listener met with this peer is no reason to wait.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);

  if (peer.plaintext) {
    out.channel_ =
        grpc::CreateCustomChannel(peer.address, grpc::InsecureChannelCredentials(), arguments);
    return out;
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = peer.tls_ca;
  if (!peer.tls_ca.empty()) {
    auto authorities = msp::Certificate::all_from_pem(peer.tls_ca);
    if (!authorities) return fail("tls_ca: " + authorities.error().message);
  }
  if (peer.client_tls) {
    auto client = peer.client_tls();
    if (!client) return tl::unexpected(client.error());
    auto certificate = msp::Certificate::from_pem(client->certificate);
    if (!certificate) return fail("the TLS client certificate: " + certificate.error().message);
    auto key = msp::Signer::from_pem(client->key);
    if (!key) return fail("the TLS client key: " + key.error().message);
    if (!key->matches(*certificate))
      return fail("the TLS client certificate and its key do not belong together");
    tls.pem_cert_chain = client->certificate;
    tls.pem_private_key = client->key;
    out.tls_cert_hash_ = view(certificate->fingerprint());
  }
  if (!peer.tls_server_name.empty()) arguments.SetSslTargetNameOverride(peer.tls_server_name);
  out.channel_ = grpc::CreateCustomChannel(peer.address, grpc::SslCredentials(tls), arguments);
  return out;
}

grpc::Status PeerConnection::ask(const protos::SignedProposal& proposal,
                                 protos::ProposalResponse& response, std::stop_token stop) const {
  grpc::ClientContext context;
  context.set_deadline(after(answer_timeout_));
  const std::stop_callback cancel(std::move(stop), [&context] { context.TryCancel(); });
  return protos::Endorser::NewStub(channel_)->ProcessProposal(&context, proposal, &response);
}

std::unique_ptr<DeliverCall> PeerConnection::deliver(StreamKind kind,
                                                     const std::string& envelope) const {
  return std::make_unique<DeliverCall>(channel_, kind, envelope);
}

}  // namespace belfry::fabric

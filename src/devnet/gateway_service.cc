#include "devnet/gateway_service.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <set>

#include "devnet/chaincode_event_cursor.h"
#include "gateway/gateway.grpc.pb.h"
#include "ledger/encode.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {
namespace {

using grpc::StatusCode;
namespace gw = ::gateway;

constexpr size_t kBlocksAtOnce = 64;  // looked at before others get their turn

// google.rpc.Status{code, message, details: repeated google.protobuf.Any}.
grpc::Status status_of(const GatewayError& error) {
  std::string details;
  if (!error.details.empty()) {
    ledger::append_field(details, 1, static_cast<uint64_t>(error.code));
    ledger::append_field(details, 2, error.message);
    for (const auto& detail : error.details) {
      std::string any;
      ledger::append_field(any, 1, std::string_view("type.googleapis.com/gateway.ErrorDetail"));
      ledger::append_field(any, 2, detail.SerializeAsString());
      ledger::append_field(details, 3, any);
    }
  }
  return {static_cast<StatusCode>(error.code), error.message, details};
}

template <class Response>
auto finish_into(grpc::ServerUnaryReactor* reactor, Response* response) {
  return [reactor, response](GatewayResult<Response> result) {
    if (!result) return reactor->Finish(status_of(result.error()));
    *response = std::move(*result);
    reactor->Finish(grpc::Status::OK);
  };
}

// Whether the signer may; a status to refuse with otherwise.
grpc::Status check(EndorsingPeer& peer, const char* resource, const std::string& channel,
                   const std::string& identity, const std::string& message,
                   const std::string& signature) {
  if (channel.empty())
    return {StatusCode::PERMISSION_DENIED,
            "Invalid channel ID name during check policy on signed data. Name must be different "
            "from nil."};
  if (auto may = peer.check_access(resource, channel, identity, message, signature); !may)
    return {StatusCode::PERMISSION_DENIED, may.error().message};
  return grpc::Status::OK;
}

// Whoever waits, so that stop() can end it.
class Waiters;
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void end() = 0;
};
class Waiters {
 public:
  bool add(Waiter* waiter) {
    std::lock_guard lock(mutex_);
    if (stopped_) return false;
    waiting_.insert(waiter);
    return true;
  }
  void remove(Waiter* waiter) {
    std::lock_guard lock(mutex_);
    waiting_.erase(waiter);
  }
  void stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (Waiter* waiter : waiting_) waiter->end();
  }

 private:
  std::mutex mutex_;
  bool stopped_ = false;
  std::set<Waiter*> waiting_;
};

const grpc::Status kStopping(StatusCode::UNAVAILABLE, "the peer is shutting down");

// Waits for one transaction's commit.
class CommitWait final : public grpc::ServerUnaryReactor, public Waiter {
 public:
  CommitWait(std::shared_ptr<Waiters> waiters, gw::CommitStatusResponse* response)
      : waiters_(std::move(waiters)), response_(response) {}

  void refuse(const grpc::Status& status) { finish(status); }

  void begin(std::shared_ptr<Channel> channel, const std::string& transaction) {
    channel_ = std::move(channel);
    if (!waiters_->add(this)) return finish(kStopping);
    const uint64_t number =
        channel_->when_committed(transaction, [this](const CommitStatus& status) {
          response_->set_result(static_cast<::protos::TxValidationCode>(status.code));
          response_->set_block_number(status.block);
          finish(grpc::Status::OK);
        });
    std::lock_guard lock(mutex_);
    number_ = number;
  }

  void end() override { finish(kStopping); }

 private:
  void OnCancel() override { finish(grpc::Status::CANCELLED); }
  void finish(const grpc::Status& status) {
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(finished_, true)) return;
    }
    Finish(status);
  }
  void OnDone() override {
    if (channel_) {
      waiters_->remove(this);
      uint64_t number = 0;
      {
        std::lock_guard lock(mutex_);
        number = number_;
      }
      channel_->forget(number);
    }
    delete this;
  }

  const std::shared_ptr<Waiters> waiters_;
  gw::CommitStatusResponse* const response_;
  std::shared_ptr<Channel> channel_;
  std::mutex mutex_;
  bool finished_ = false;
  uint64_t number_ = 0;
};

// Sends one client its chaincode events, block by block, as they are committed.
class EventStream final : public grpc::ServerWriteReactor<gw::ChaincodeEventsResponse>,
                          public Waiter {
 public:
  EventStream(std::shared_ptr<Waiters> waiters, Executor& executor)
      : state_(std::make_shared<State>()), waiters_(std::move(waiters)), executor_(executor) {
    state_->stream = this;
  }

  void refuse(const grpc::Status& status) {
    std::lock_guard lock(state_->mutex);
    finish(status);
  }

  void begin(ChaincodeEventCursor cursor) {
    cursor_.emplace(std::move(cursor));
    if (!waiters_->add(this)) return refuse(kStopping);
    waiting_ = true;
    listener_ = cursor_->channel().ledger().add_listener(
        [this](const ledger::CommittedBlockPtr&) { wake(); });
    wake();
  }

  void end() override {
    std::lock_guard lock(state_->mutex);
    finish(kStopping);
  }

 private:
  // Outlives the stream in tasks that are still queued.
  struct State {
    std::mutex mutex;
    EventStream* stream = nullptr;  // null once it is gone
    bool queued = false, writing = false, finished = false;
  };

  void wake() {
    std::lock_guard lock(state_->mutex);
    wake_locked();
  }
  void wake_locked() {
    if (state_->queued || state_->writing || state_->finished) return;
    state_->queued = true;
    executor_.post([state = state_] {
      std::lock_guard lock(state->mutex);
      state->queued = false;
      if (state->stream && !state->writing && !state->finished) state->stream->send_next();
    });
  }

  // With the lock held.
  void send_next() {
    auto found = cursor_->next(kBlocksAtOnce);
    if (!found) return finish({StatusCode::ABORTED, found.error().message});
    if (!*found) {
      if (!cursor_->at_end()) wake_locked();
      return;
    }
    message_ = std::move(**found);
    state_->writing = true;
    StartWrite(&message_);
  }
  void finish(const grpc::Status& status) {
    if (std::exchange(state_->finished, true)) return;
    Finish(status);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(state_->mutex);
    state_->writing = false;
    if (!ok) return finish(grpc::Status::CANCELLED);
    wake_locked();
  }
  void OnCancel() override {
    std::lock_guard lock(state_->mutex);
    finish(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    if (waiting_) {
      waiters_->remove(this);
      cursor_->channel().ledger().remove_listener(listener_);
    }
    {
      std::lock_guard lock(state_->mutex);
      state_->stream = nullptr;
    }
    delete this;
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<Waiters> waiters_;
  Executor& executor_;
  std::optional<ChaincodeEventCursor> cursor_;
  gw::ChaincodeEventsResponse message_;
  bool waiting_ = false;
  uint64_t listener_ = 0;
};

class Service final : public gw::Gateway::CallbackService, public GatewayService {
 public:
  Service(std::shared_ptr<devnet::Gateway> gateway, Executor& executor)
      : gateway_(std::move(gateway)), executor_(executor) {}

  grpc::Service& service() override { return *this; }
  void stop() override { waiters_->stop(); }

  grpc::ServerUnaryReactor* Evaluate(grpc::CallbackServerContext* context,
                                     const gw::EvaluateRequest* request,
                                     gw::EvaluateResponse* response) override {
    auto* reactor = context->DefaultReactor();
    gateway_->evaluate(*request, finish_into(reactor, response));
    return reactor;
  }

  grpc::ServerUnaryReactor* Endorse(grpc::CallbackServerContext* context,
                                    const gw::EndorseRequest* request,
                                    gw::EndorseResponse* response) override {
    auto* reactor = context->DefaultReactor();
    gateway_->endorse(*request, finish_into(reactor, response));
    return reactor;
  }

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const gw::SubmitRequest* request,
                                   gw::SubmitResponse* response) override {
    auto* reactor = context->DefaultReactor();
    finish_into(reactor, response)(gateway_->submit(*request));
    return reactor;
  }

  grpc::ServerUnaryReactor* CommitStatus(grpc::CallbackServerContext*,
                                         const gw::SignedCommitStatusRequest* signed_,
                                         gw::CommitStatusResponse* response) override {
    auto* wait = new CommitWait(waiters_, response);
    gw::CommitStatusRequest request;
    if (signed_->request().empty()) {
      wait->refuse({StatusCode::INVALID_ARGUMENT, "a commit status request is required"});
    } else if (!request.ParseFromString(signed_->request())) {
      wait->refuse({StatusCode::INVALID_ARGUMENT,
                    "invalid status request: proto: cannot parse invalid wire-format data"});
    } else if (auto may = check(gateway_->local(), "gateway/CommitStatus", request.channel_id(),
                                request.identity(), signed_->request(), signed_->signature());
               !may.ok()) {
      wait->refuse(may);
    } else {
      wait->begin(gateway_->local().peer().channel(request.channel_id()), request.transaction_id());
    }
    return wait;
  }

  grpc::ServerWriteReactor<gw::ChaincodeEventsResponse>* ChaincodeEvents(
      grpc::CallbackServerContext*, const gw::SignedChaincodeEventsRequest* signed_) override {
    auto* stream = new EventStream(waiters_, executor_);
    gw::ChaincodeEventsRequest request;
    if (signed_->request().empty()) {
      stream->refuse({StatusCode::INVALID_ARGUMENT, "a chaincode events request is required"});
    } else if (!request.ParseFromString(signed_->request())) {
      stream->refuse(
          {StatusCode::INVALID_ARGUMENT,
           "invalid chaincode events request: proto: cannot parse invalid wire-format data"});
    } else if (auto may = check(gateway_->local(), "gateway/ChaincodeEvents", request.channel_id(),
                                request.identity(), signed_->request(), signed_->signature());
               !may.ok()) {
      stream->refuse(may);
    } else {
      auto cursor = ChaincodeEventCursor::create(
          gateway_->local().peer().channel(request.channel_id()), request);
      if (cursor)
        stream->begin(std::move(*cursor));
      else
        stream->refuse({StatusCode::INVALID_ARGUMENT, cursor.error().message});
    }
    return stream;
  }

 private:
  const std::shared_ptr<devnet::Gateway> gateway_;
  Executor& executor_;
  const std::shared_ptr<Waiters> waiters_ = std::make_shared<Waiters>();
};

}  // namespace

std::unique_ptr<GatewayService> make_gateway_service(std::shared_ptr<Gateway> gateway,
                                                     Executor& executor) {
  return std::make_unique<Service>(std::move(gateway), executor);
}

}  // namespace belfry::devnet

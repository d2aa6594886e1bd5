// devnet_load: a client that keeps so many transactions of the donation application in flight on a
// Fabric network, belfry's devnet or a real one, and says how many were committed and how fast.
//
//   each:  sign a proposal ─▶ Endorse ─▶ sign the transaction ─▶ order ─▶ committed
//
// `gateway` orders with Gateway/Submit and asks Gateway/CommitStatus; `orderer` sends over one
// Broadcast stream and sees commits on one DeliverFiltered stream, as a busy client would. Every
// signature is made here, every transaction is another one. Prints one line of JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <unordered_map>

#include "base/log.h"
#include "fabric/grpc_channel.h"
#include "fabric/peer_requests.h"
#include "fabric/transaction.h"
#include "gateway/gateway.grpc.pb.h"
#include "orderer/ab.grpc.pb.h"
#include "peer/events.grpc.pb.h"

namespace {

using namespace belfry;
using Instant = std::chrono::steady_clock::time_point;

struct Options {
  std::string peer, peer_ca, peer_name, orderer, orderer_ca, orderer_name;
  std::string msp_id = "Org1MSP", msp, channel = "mychannel", chaincode = "ngo", how = "gateway";
  std::vector<std::string> organizations;  // that must endorse; none: as the gateway chooses
  std::string log;                         // a line for each that was committed: ID CODE
  int transactions = 10'000, in_flight = 64;
};

[[noreturn]] void die(const std::string& why) {
  std::cerr << "devnet_load: " << why << std::endl;
  std::_Exit(1);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::shared_ptr<grpc::Channel> connect(const std::string& address, const std::string& ca,
                                       const std::string& name) {
  fabric::PeerAddress to{.address = address, .tls_server_name = name, .plaintext = ca.empty()};
  if (!ca.empty()) {
    auto pem = read_whole(posix_files(), ca);
    if (!pem) die(pem.error().message);
    to.tls_ca = std::move(*pem);
  }
  auto connected = fabric::connect(to, {});
  if (!connected) die(connected.error().message);
  return connected->channel;
}

// What one transaction is waiting for, and since when.
struct Flight {
  std::string id;
  Instant begun, ordered;
  grpc::ClientContext endorse_context, submit_context, status_context;
  gateway::EndorseRequest endorse;
  gateway::EndorseResponse endorsed;
  gateway::SubmitRequest submit;
  gateway::SubmitResponse submitted;
  gateway::SignedCommitStatusRequest ask;
  gateway::CommitStatusResponse status;
};
using FlightPtr = std::shared_ptr<Flight>;

class Load;

// One Broadcast stream: envelopes go out one after another, answers are counted.
class BroadcastStream
    : public grpc::ClientBidiReactor<common::Envelope, orderer::BroadcastResponse> {
 public:
  explicit BroadcastStream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(orderer::AtomicBroadcast::NewStub(channel)) {
    stub_->async()->Broadcast(&context_, this);
    AddHold();
    StartRead(&answer_);
    StartCall();
  }
  void send(common::Envelope envelope) {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(envelope));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

 private:
  void OnWriteDone(bool ok) override {
    if (!ok) die("the orderer ended the stream");
    std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (!queue_.empty()) StartWrite(&queue_.front());
  }
  void OnReadDone(bool ok) override {
    if (!ok || answer_.status() != common::SUCCESS)
      die(fmt::format("the orderer refused: {} {}", static_cast<int>(answer_.status()),
                      answer_.info()));
    StartRead(&answer_);
  }

  std::unique_ptr<orderer::AtomicBroadcast::Stub> stub_;
  grpc::ClientContext context_;
  orderer::BroadcastResponse answer_;
  std::mutex mutex_;
  std::deque<common::Envelope> queue_;
};

// One DeliverFiltered stream from the first block on: tells of every transaction.
class CommitStream : public grpc::ClientBidiReactor<common::Envelope, protos::DeliverResponse> {
 public:
  CommitStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& seek,
               std::function<void(const protos::FilteredTransaction&)> then)
      : stub_(protos::Deliver::NewStub(channel)), then_(std::move(then)) {
    seek_.ParseFromString(seek);
    stub_->async()->DeliverFiltered(&context_, this);
    StartWrite(&seek_);
    StartRead(&answer_);
    AddHold();
    StartCall();
  }
  void await_first() {
    std::unique_lock lock(mutex_);
    come_.wait(lock, [this] { return first_; });
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok || !answer_.has_filtered_block()) die("the peer ended its stream of blocks");
    for (const auto& each : answer_.filtered_block().filtered_transactions()) then_(each);
    StartRead(&answer_);
    std::lock_guard lock(mutex_);
    first_ = true;
    come_.notify_all();
  }

  std::unique_ptr<protos::Deliver::Stub> stub_;
  std::function<void(const protos::FilteredTransaction&)> then_;
  grpc::ClientContext context_;
  common::Envelope seek_;
  protos::DeliverResponse answer_;
  std::mutex mutex_;
  std::condition_variable come_;
  bool first_ = false;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        channel_(connect(options.peer, options.peer_ca, options.peer_name)),
        stub_(gateway::Gateway::NewStub(channel_)) {
    auto identity = msp::load_identity(posix_files(), options.msp_id, msp::MspFolder{options.msp},
                                       system_clock().now());
    if (!identity) die(identity.error().message);
    identity_ = std::make_unique<msp::SigningIdentity>(std::move(*identity));
    if (!options.log.empty()) {
      log_ = ::open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
      if (log_ < 0) die("cannot write " + options.log);
    }
    if (options.how != "orderer") return;
    broadcast_ = std::make_unique<BroadcastStream>(
        connect(options.orderer, options.orderer_ca, options.orderer_name));
    const std::string seek =
        fabric::seek_envelope({fabric::Seek::From::block, 0, true}, options.channel, "", *identity_,
                              system_clock(), secure_random());
    commits_ = std::make_unique<CommitStream>(
        channel_, seek, [this](const protos::FilteredTransaction& each) { committed(each); });
    commits_->await_first();
  }

  // Calls createX(argument(n)) `count` times, and waits for all of them.
  void run(const std::string& function, std::function<std::string(int)> argument, int count,
           int in_flight) {
    {
      std::lock_guard lock(mutex_);
      function_ = function;
      argument_ = std::move(argument);
      left_ = running_ = count;
      number_ = 0;
      latencies_.clear();
      whole_.clear();
      bad_.clear();
    }
    for (int i = 0; i < std::min(count, in_flight); ++i) begin();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
    for (const auto& [code, times] : bad_)
      die(fmt::format("{} of {} transactions were {}", times, count, code));
  }

  static double quantile(std::vector<double>& values, double q) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0
                          : values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
  }
  std::vector<double>& latencies() { return latencies_; }
  std::vector<double>& whole() { return whole_; }

 private:
  void begin() {
    std::string argument;
    std::string function;
    {
      std::lock_guard lock(mutex_);
      if (left_ == 0) return;
      --left_;
      argument = argument_(number_++);
      function = function_;
    }
    auto flight = std::make_shared<Flight>();
    flight->begun = std::chrono::steady_clock::now();
    auto proposal = fabric::make_proposal({.channel = options_.channel,
                                           .chaincode = options_.chaincode,
                                           .arguments = {function, argument}},
                                          "", *identity_, system_clock(), secure_random());
    flight->id = proposal.transaction_id;
    flight->endorse.set_transaction_id(flight->id);
    flight->endorse.set_channel_id(options_.channel);
    flight->endorse.mutable_proposed_transaction()->set_proposal_bytes(std::move(proposal.bytes));
    flight->endorse.mutable_proposed_transaction()->set_signature(std::move(proposal.signature));
    for (const auto& organization : options_.organizations)
      flight->endorse.add_endorsing_organizations(organization);
    stub_->async()->Endorse(&flight->endorse_context, &flight->endorse, &flight->endorsed,
                            [this, flight](const grpc::Status& status) {
                              if (!status.ok()) die("endorse: " + status.error_message());
                              endorsed(flight);
                            });
  }

  void endorsed(const FlightPtr& flight) {
    auto& prepared = *flight->endorsed.mutable_prepared_transaction();
    prepared.set_signature(identity_->sign(prepared.payload()));
    flight->ordered = std::chrono::steady_clock::now();
    if (broadcast_) {
      {
        std::lock_guard lock(mutex_);
        waiting_.emplace(flight->id, flight);
      }
      return broadcast_->send(std::move(prepared));
    }
    flight->submit.set_transaction_id(flight->id);
    flight->submit.set_channel_id(options_.channel);
    flight->submit.mutable_prepared_transaction()->Swap(&prepared);
    stub_->async()->Submit(&flight->submit_context, &flight->submit, &flight->submitted,
                           [this, flight](const grpc::Status& status) {
                             if (!status.ok()) die("submit: " + status.error_message());
                             submitted(flight);
                           });
  }

  void submitted(const FlightPtr& flight) {
    gateway::CommitStatusRequest request;
    request.set_transaction_id(flight->id);
    request.set_channel_id(options_.channel);
    request.set_identity(identity_->serialized());
    flight->ask.set_request(request.SerializeAsString());
    flight->ask.set_signature(identity_->sign(flight->ask.request()));
    stub_->async()->CommitStatus(&flight->status_context, &flight->ask, &flight->status,
                                 [this, flight](const grpc::Status& status) {
                                   if (!status.ok())
                                     die("commit status: " + status.error_message());
                                   finished(*flight, flight->status.result());
                                 });
  }

  void committed(const protos::FilteredTransaction& transaction) {
    FlightPtr flight;
    {
      std::lock_guard lock(mutex_);
      const auto found = waiting_.find(transaction.txid());
      if (found == waiting_.end()) return;
      flight = std::move(found->second);
      waiting_.erase(found);
    }
    finished(*flight, transaction.tx_validation_code());
  }

  void finished(const Flight& flight, protos::TxValidationCode code) {
    const auto now = std::chrono::steady_clock::now();
    if (log_ >= 0) {
      const std::string line = fmt::format("{} {}\n", flight.id, fabric::validation_code(code));
      if (::write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        die("the log is full");
    }
    const auto ms = [&](Instant since) {
      return std::chrono::duration<double, std::milli>(now - since).count();
    };
    {
      std::lock_guard lock(mutex_);
      latencies_.push_back(ms(flight.ordered));
      whole_.push_back(ms(flight.begun));
      if (code != protos::VALID) ++bad_[fabric::validation_code(code)];
    }
    begin();
    std::lock_guard lock(mutex_);
    if (--running_ == 0) done_.notify_all();
  }

  const Options& options_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<gateway::Gateway::Stub> stub_;
  std::unique_ptr<msp::SigningIdentity> identity_;
  std::unique_ptr<BroadcastStream> broadcast_;
  std::unique_ptr<CommitStream> commits_;
  int log_ = -1;

  std::mutex mutex_;
  std::condition_variable done_;
  std::string function_;
  std::function<std::string(int)> argument_;
  int left_ = 0, running_ = 0, number_ = 0;
  std::unordered_map<std::string, FlightPtr> waiting_;
  std::vector<double> latencies_, whole_;
  std::map<std::string, int> bad_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Donations, many in flight", "devnet_load");
  app.add_option("--peer", options.peer, "HOST:PORT of a peer with a gateway")->required();
  app.add_option("--peer-ca", options.peer_ca, "PEM file; none: no TLS");
  app.add_option("--peer-name", options.peer_name, "in the peer's certificate");
  app.add_option("--orderer", options.orderer);
  app.add_option("--orderer-ca", options.orderer_ca);
  app.add_option("--orderer-name", options.orderer_name);
  app.add_option("--msp-id", options.msp_id);
  app.add_option("--msp", options.msp, "the client's MSP folder")->required();
  app.add_option("--channel", options.channel);
  app.add_option("--chaincode", options.chaincode);
  app.add_option("--organizations", options.organizations, "that must endorse")->delimiter(',');
  app.add_option("--log", options.log, "a line for each that was committed: ID CODE");
  app.add_option("--transactions", options.transactions);
  app.add_option("--in-flight", options.in_flight);
  app.add_option("--how", options.how)->check(CLI::IsMember({"gateway", "orderer"}));
  CLI11_PARSE(app, argc, argv);
  log::configure(log::Level::error, log::Format::text);

  Load load(options);
  const std::string run = secure_random().uuid();
  load.run(
      "createDonor", [&](int) { return R"({"donorUserName":")" + run + R"("})"; }, 1, 1);
  load.run(
      "createNGO", [&](int) { return R"({"ngoRegistrationNumber":")" + run + R"("})"; }, 1, 1);
  const auto donation = [&](const char* part, int n) {
    return fmt::format(
        R"({{"donationId":"{0}-{1}{2}","donationAmount":{3},"donationDate":"2018-09-20T12:41:59.582Z","donorUserName":"{0}","ngoRegistrationNumber":"{0}"}})",
        run, part, n, n + 1);
  };
  load.run(
      "createDonation", [&](int n) { return donation("warm", n); },
      std::min(500, options.transactions), options.in_flight);
  const double cpu = cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  load.run(
      "createDonation", [&](int n) { return donation("", n); }, options.transactions,
      options.in_flight);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  std::cout
      << fmt::format(
             R"({{"transactions":{},"in_flight":{},"seconds":{:.3f},"per_second":{:.0f},"client_cpu_us":{:.0f},)"
             R"("commit_p50_ms":{:.2f},"commit_p99_ms":{:.2f},"whole_p50_ms":{:.2f},"whole_p99_ms":{:.2f}}})",
             options.transactions, options.in_flight, wall.count(),
             options.transactions / wall.count(),
             (cpu_seconds() - cpu) / options.transactions * 1e6,
             Load::quantile(load.latencies(), 0.5), Load::quantile(load.latencies(), 0.99),
             Load::quantile(load.whole(), 0.5), Load::quantile(load.whole(), 0.99))
      << std::endl;
  std::_Exit(0);  // the streams are left open
}

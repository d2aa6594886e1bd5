// Plays a peer before a chaincode service: createDonation of the donation application, many in
// flight, the state in a map, no ledger. Measures the chaincode's side of a transaction alone.
//
//   chaincode_bench ADDRESS PID [--transactions N] [--in-flight N] [--batches]
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "common/common.pb.h"
#include "msp/identities.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_shim.grpc.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace {

using protos::ChaincodeMessage;

// Seconds of processor time that a process has used.
double cpu_seconds(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text(std::istreambuf_iterator<char>(in), {});
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string field;
  double ticks = 0;
  for (int number = 3; rest >> field; ++number) {
    if (number == 14 || number == 15) ticks += std::stod(field);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// As large as a real one: a certificate of a kilobyte, a signature.
protos::SignedProposal make_proposal() {
  msp::SerializedIdentity creator;
  creator.set_mspid("Org1MSP");
  creator.set_id_bytes(std::string(1000, 'c'));
  common::SignatureHeader signature;
  signature.set_creator(creator.SerializeAsString());
  signature.set_nonce(std::string(24, 'n'));
  common::ChannelHeader channel;
  channel.set_channel_id("mychannel");
  channel.mutable_timestamp()->set_seconds(1'700'000'000);
  common::Header header;
  header.set_channel_header(channel.SerializeAsString());
  header.set_signature_header(signature.SerializeAsString());
  protos::Proposal proposal;
  proposal.set_header(header.SerializeAsString());
  protos::ChaincodeProposalPayload payload;
  payload.set_input("input");  // Node's shim insists that there is one
  proposal.set_payload(payload.SerializeAsString());
  protos::SignedProposal out;
  out.set_proposal_bytes(proposal.SerializeAsString());
  out.set_signature(std::string(70, 's'));
  return out;
}

class BenchPeer {
 public:
  explicit BenchPeer(const std::string& address)
      : stub_(protos::Chaincode::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        stream_(stub_->Connect(&context_)),
        proposal_(make_proposal()) {
    state_["donoredge"] = R"({"donorUserName":"edge","docType":"donor"})";
    state_["ngo6322"] = R"({"ngoRegistrationNumber":"6322","docType":"ngo"})";
  }

  void greet(bool batches) {
    ChaincodeMessage message;
    if (!stream_->Read(&message)) throw std::runtime_error("the chaincode does not register");
    message.Clear();
    message.set_type(ChaincodeMessage::REGISTERED);
    stream_->Write(message);
    message.set_type(ChaincodeMessage::READY);
    protos::ChaincodeAdditionalParams params;
    params.set_use_write_batch(batches);
    params.set_max_size_write_batch(1000);
    params.set_use_get_multiple_keys(batches);
    params.set_max_size_get_multiple_keys(1000);
    if (batches) message.set_payload(params.SerializeAsString());
    stream_->Write(message);
  }

  void run(int transactions, int in_flight) {
    int begun = 0, done = 0;
    while (begun < std::min(in_flight, transactions)) begin(begun++);
    ChaincodeMessage message;
    while (done < transactions) {
      if (!stream_->Read(&message)) throw std::runtime_error("the stream ended");
      if (message.type() == ChaincodeMessage::ERROR) {
        throw std::runtime_error("the chaincode failed: " + message.payload());
      }
      if (message.type() != ChaincodeMessage::COMPLETED) {
        answer(message);
        continue;
      }
      protos::Response response;
      if (!response.ParseFromString(message.payload()) || response.status() != 200) {
        throw std::runtime_error("a transaction failed: " + response.message());
      }
      ++done;
      if (begun < transactions) begin(begun++);
    }
  }

 private:
  void begin(int number) {
    const std::string id = std::to_string(++donations_);
    protos::ChaincodeInput input;
    input.add_args("createDonation");
    input.add_args(
        R"({"donationId":")" + id + R"(","donationAmount":)" + std::to_string(number + 1) +
        R"(,"donationDate":"2018-09-20T12:41:59.582Z","donorUserName":"edge","ngoRegistrationNumber":"6322"})");
    ChaincodeMessage message;
    message.set_type(ChaincodeMessage::TRANSACTION);
    message.set_channel_id("mychannel");
    message.set_txid("transaction-" + id);
    message.set_payload(input.SerializeAsString());
    *message.mutable_proposal() = proposal_;
    stream_->Write(message);
  }

  std::string find(const std::string& key) const {
    const auto found = state_.find(key);
    return found == state_.end() ? std::string() : found->second;
  }

  void answer(ChaincodeMessage& message) {
    std::string payload;
    if (message.type() == ChaincodeMessage::GET_STATE) {
      protos::GetState request;
      request.ParseFromString(message.payload());
      payload = find(request.key());
    } else if (message.type() == ChaincodeMessage::GET_STATE_MULTIPLE) {
      protos::GetStateMultiple request;
      request.ParseFromString(message.payload());
      protos::GetStateMultipleResult result;
      for (const auto& key : request.keys()) result.add_values(find(key));
      payload = result.SerializeAsString();
    }
    message.set_type(ChaincodeMessage::RESPONSE);
    message.set_payload(std::move(payload));
    stream_->Write(message);
  }

  grpc::ClientContext context_;
  std::unique_ptr<protos::Chaincode::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<ChaincodeMessage, ChaincodeMessage>> stream_;
  const protos::SignedProposal proposal_;
  std::unordered_map<std::string, std::string> state_;
  int donations_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"a peer that counts"};
  std::string address;
  int pid = 0, transactions = 20'000, in_flight = 64;
  bool batches = false;
  app.add_option("address", address)->required();
  app.add_option("pid", pid)->required();
  app.add_option("--transactions", transactions);
  app.add_option("--in-flight", in_flight);
  app.add_flag("--batches", batches, "as a 3.1 peer offers them");
  CLI11_PARSE(app, argc, argv);
  try {
    BenchPeer peer(address);
    peer.greet(batches);
    peer.run(transactions / 10, in_flight);  // to warm up
    const double cpu = cpu_seconds(pid);
    const auto begin = std::chrono::steady_clock::now();
    peer.run(transactions, in_flight);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%10.0f transactions/s %8.0f us of the chaincode's CPU each\n",
                transactions / took.count(), (cpu_seconds(pid) - cpu) / transactions * 1e6);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaincode_bench: %s\n", error.what());
    return 1;
  }
}

// Any messages from a chaincode while a transaction runs: each is two bytes of length and the
// message. Whatever they are, the handler answers or ends the stream.
#include "devnet/chaincode_runtime.h"
#include "devnet/map_reader.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/chaincode_shim.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

class OneCollection final : public Collections {
 public:
  Result<bool> held(Simulator&, const std::string&, const std::string& name) const override {
    if (name == "c") return true;
    return fail("no such collection");
  }
};

class AnyPeer final : public PeerView {
 public:
  Result<Callable> find(Simulation&, const std::string& name) const override {
    return Callable{name, "1.0", false};
  }
  Result<CollectionRights> rights(Simulation&, const Proposal&, const std::string&,
                                  const std::string&) const override {
    return CollectionRights{true, true};
  }
  bool key_level_endorsement(const std::string&) const override { return true; }
  bool purge_private_data(const std::string&) const override { return true; }
  Result<void> may_call(const std::string&, const Proposal&) const override { return {}; }
  Result<std::shared_ptr<Simulation>> simulate(const std::string& channel,
                                               const Proposal& proposal) const override {
    return std::make_shared<Simulation>(channel, nullptr, state, collections,
                                        proposal.transaction_id);
  }
  bool is_system(const std::string& name) const override { return name == "qscc"; }
  ::protos::Response call_system(const std::string&, const std::string&, Simulation*,
                                 const Proposal&, const ::protos::ChaincodeInput&,
                                 const std::string&) override {
    return {};
  }
  MapReader state;
  OneCollection collections;
};

class Nowhere final : public ChaincodeStream {
 public:
  void send(::protos::ChaincodeMessage) override {}
  void end(const std::string&) override { ended = true; }
  bool ended = false;
};

class NoLauncher final : public ChaincodeLauncher {
 public:
  void launch(const std::string&, Callback<std::string> failed) override { failed("not here"); }
};

void run(const uint8_t* data, size_t size) {
  using ::protos::ChaincodeMessage;
  ManualClock clock;
  ManualExecutor executor(clock);
  NoLauncher launcher;
  auto runtime = ChaincodeRuntime::create(clock, executor, launcher, {});
  auto peer = std::make_shared<AnyPeer>();
  for (int i = 0; i < 200; ++i) peer->state.values[{"cc", std::to_string(i)}] = {"v", {1, 0}, {}};
  peer->state.put_private("cc", "c", "k", "v", {1, 0});
  Nowhere stream;
  const auto handler = runtime->accept(stream);
  ::protos::ChaincodeID id;
  id.set_name("cc");
  ChaincodeMessage hello;
  hello.set_type(ChaincodeMessage::REGISTER);
  hello.set_payload(id.SerializeAsString());
  handler->received(hello);
  auto proposal = std::make_shared<Proposal>();
  proposal->signed_proposal = std::make_shared<::protos::SignedProposal>();
  proposal->transaction_id = "t";
  runtime->execute(peer, proposal, *peer->simulate("ch", *proposal), "cc",
                   ::protos::ChaincodeInput(), [](Result<ChaincodeOutcome>) {});
  for (size_t at = 0; at + 2 <= size && !stream.ended;) {
    const size_t length = std::min<size_t>(data[at] | data[at + 1] << 8, size - at - 2);
    at += 2;
    ChaincodeMessage message;
    if (message.ParseFromArray(data + at, static_cast<int>(length))) handler->received(message);
    at += length;
  }
  handler->ended("over");
  runtime->stop();
}

}  // namespace
}  // namespace belfry::devnet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  belfry::devnet::run(data, size);
  return 0;
}

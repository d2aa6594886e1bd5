#include "devnet/chaincode_runtime.h"

#include <gtest/gtest.h>

#include <deque>

#include "devnet/map_reader.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/chaincode_shim.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;

class NoCollections final : public Collections {
 public:
  Result<bool> held(Simulator&, const std::string&, const std::string&) const override {
    return fail("no collections here");
  }
};

// A chaincode's end of a stream: keeps what it is sent until the test looks.
class FakeStream final : public ChaincodeStream {
 public:
  void send(ChaincodeMessage message) override { sent.push_back(std::move(message)); }
  void end(const std::string& reason) override { ended = reason; }
  ChaincodeMessage take() {
    EXPECT_FALSE(sent.empty());
    if (sent.empty()) return {};
    ChaincodeMessage out = std::move(sent.front());
    sent.pop_front();
    return out;
  }
  std::deque<ChaincodeMessage> sent;
  std::optional<std::string> ended;
};

class FakePeer final : public PeerView {
 public:
  explicit FakePeer(MapReader& state) : state_(state) {}
  Result<Callable> find(Simulation&, const std::string& chaincode) const override {
    if (chaincode == "nosuch") return fail("chaincode nosuch not found");
    return Callable{chaincode + "_1.0:abc", "1.0", chaincode == "strict"};
  }
  Result<CollectionRights> rights(Simulation&, const Proposal&, const std::string&,
                                  const std::string&) const override {
    return CollectionRights{};
  }
  bool key_level_endorsement(const std::string&) const override { return true; }
  bool purge_private_data(const std::string&) const override { return true; }
  Result<void> may_call(const std::string& channel, const Proposal&) const override {
    if (channel != "ch") return fail("Failed to get policy manager for channel [" + channel + "]");
    return {};
  }
  Result<std::shared_ptr<Simulation>> simulate(const std::string& channel,
                                               const Proposal& proposal) const override {
    return std::make_shared<Simulation>(channel, nullptr, state_, collections_,
                                        proposal.transaction_id);
  }
  bool is_system(const std::string& chaincode) const override { return chaincode == "qscc"; }
  ::protos::Response call_system(const std::string&, const std::string&, Simulation*,
                                 const Proposal&, const ::protos::ChaincodeInput&,
                                 const std::string& caller) override {
    ::protos::Response out;
    out.set_status(500);
    out.set_message("not from " + caller);
    return out;
  }

 private:
  MapReader& state_;
  NoCollections collections_;
};

class FakeLauncher final : public ChaincodeLauncher {
 public:
  void launch(const std::string& id, Callback<std::string> failed) override {
    launched.push_back(id);
    this->failed.push_back(std::move(failed));
  }
  std::vector<std::string> launched;
  std::vector<Callback<std::string>> failed;
};

class ChaincodeRuntimeTest : public testing::Test {
 protected:
  ~ChaincodeRuntimeTest() override { runtime->stop(); }

  struct Chaincode {
    ~Chaincode() { handler->ended("the test is over"); }
    FakeStream stream;
    std::shared_ptr<ChaincodeHandler> handler;
  };
  std::unique_ptr<Chaincode> connect(const std::string& id) {
    auto out = std::make_unique<Chaincode>();
    out->handler = runtime->accept(out->stream);
    ::protos::ChaincodeID name;
    name.set_name(id);
    ChaincodeMessage hello;
    hello.set_type(ChaincodeMessage::REGISTER);
    hello.set_payload(name.SerializeAsString());
    out->handler->received(hello);
    return out;
  }
  std::unique_ptr<Chaincode> connected(const std::string& id) {
    auto out = connect(id);
    EXPECT_EQ(out->stream.take().type(), ChaincodeMessage::REGISTERED);
    EXPECT_EQ(out->stream.take().type(), ChaincodeMessage::READY);
    return out;
  }

  std::shared_ptr<Proposal> proposal(const std::string& id) {
    auto out = std::make_shared<Proposal>();
    out->signed_proposal = std::make_shared<::protos::SignedProposal>();
    out->transaction_id = id;
    return out;
  }
  // Starts a transaction; its outcome ends up in `outcomes`.
  void execute(const std::string& id, const std::string& chaincode, bool init = false) {
    auto about = proposal(id);
    ::protos::ChaincodeInput input;
    input.add_args("f");
    input.set_is_init(init);
    runtime->execute(
        peer, about, peer->simulate("ch", *about).value(), chaincode, input,
        [this](Result<ChaincodeOutcome> outcome) { outcomes.push_back(std::move(outcome)); });
  }
  static ChaincodeMessage request(ChaincodeMessage::Type type, const std::string& transaction,
                                  const std::string& payload) {
    ChaincodeMessage out;
    out.set_type(type);
    out.set_txid(transaction);
    out.set_channel_id("ch");
    out.set_payload(payload);
    return out;
  }
  static ChaincodeMessage completed(const std::string& transaction, int status = 200) {
    ::protos::Response response;
    response.set_status(status);
    return request(ChaincodeMessage::COMPLETED, transaction, response.SerializeAsString());
  }
  static std::string call_of(const std::string& name) {
    ::protos::ChaincodeSpec spec;
    spec.mutable_chaincode_id()->set_name(name);
    spec.mutable_input()->add_args("get");
    return spec.SerializeAsString();
  }

  ManualClock clock;
  ManualExecutor executor{clock};
  FakeLauncher launcher;
  std::shared_ptr<ChaincodeRuntime> runtime =
      ChaincodeRuntime::create(clock, executor, launcher, {});
  MapReader state;
  std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>(state);
  std::vector<Result<ChaincodeOutcome>> outcomes;
};

// As Fabric 3.1 offers it in READY.
TEST_F(ChaincodeRuntimeTest, ReadsSeveralKeysAndWritesInABatch) {
  state.values[{"cc", "k"}] = {"v", {1, 0}, {}};
  auto cc = connect("cc_1.0:abc");
  cc->stream.take();
  ::protos::ChaincodeAdditionalParams offered;
  ASSERT_TRUE(offered.ParseFromString(cc->stream.take().payload()));
  EXPECT_TRUE(offered.use_write_batch() && offered.use_get_multiple_keys());
  EXPECT_EQ(offered.max_size_write_batch(), 1000u);
  execute("t1", "cc");
  cc->stream.take();

  ::protos::GetStateMultiple get;
  get.add_keys("k");
  get.add_keys("nothing");
  cc->handler->received(
      request(ChaincodeMessage::GET_STATE_MULTIPLE, "t1", get.SerializeAsString()));
  ::protos::GetStateMultipleResult got;
  ASSERT_TRUE(got.ParseFromString(cc->stream.take().payload()));
  ASSERT_EQ(got.values_size(), 2);
  EXPECT_EQ(got.values(0), "v");
  EXPECT_EQ(got.values(1), "");

  ::protos::WriteBatchState batch;
  auto& put = *batch.add_rec();
  put.set_type(::protos::WriteRecord::PUT_STATE);
  put.set_key("new");
  put.set_value("x");
  auto& erase = *batch.add_rec();
  erase.set_type(::protos::WriteRecord::DEL_STATE);
  erase.set_key("k");
  cc->handler->received(
      request(ChaincodeMessage::WRITE_BATCH_STATE, "t1", batch.SerializeAsString()));
  EXPECT_EQ(cc->stream.take().type(), ChaincodeMessage::RESPONSE);
  batch.add_rec();
  cc->handler->received(
      request(ChaincodeMessage::WRITE_BATCH_STATE, "t1", batch.SerializeAsString()));
  const auto refused = cc->stream.take();
  EXPECT_EQ(refused.type(), ChaincodeMessage::ERROR);
  EXPECT_EQ(refused.payload(),
            "WRITE_BATCH_STATE failed: transaction ID: t1: unknown operation type");
  cc->handler->received(completed("t1"));
  ASSERT_EQ(outcomes.size(), 1u);
}

TEST_F(ChaincodeRuntimeTest, ATransactionReadsAndCompletes) {
  state.values[{"cc", "k"}] = {"v", {1, 0}, {}};
  auto cc = connected("cc_1.0:abc");
  execute("t1", "cc");
  const auto start = cc->stream.take();
  EXPECT_EQ(start.type(), ChaincodeMessage::TRANSACTION);
  EXPECT_TRUE(start.has_proposal());
  ::protos::GetState get;
  get.set_key("k");
  cc->handler->received(request(ChaincodeMessage::GET_STATE, "t1", get.SerializeAsString()));
  EXPECT_EQ(cc->stream.take().payload(), "v");
  auto done = completed("t1");
  done.mutable_chaincode_event()->set_event_name("e");
  cc->handler->received(done);
  ASSERT_EQ(outcomes.size(), 1u);
  ASSERT_TRUE(outcomes[0]);
  EXPECT_EQ(outcomes[0]->response->status(), 200);
  EXPECT_EQ(outcomes[0]->event->chaincode_id(), "cc");
  EXPECT_EQ(outcomes[0]->event->tx_id(), "t1");
}

TEST_F(ChaincodeRuntimeTest, LaunchesWhatIsNotConnectedAndWaitsForIt) {
  execute("t1", "cc");
  execute("t2", "cc");
  EXPECT_EQ(launcher.launched, std::vector<std::string>{"cc_1.0:abc"});
  auto cc = connected("cc_1.0:abc");
  EXPECT_EQ(cc->stream.take().txid(), "t1");
  EXPECT_EQ(cc->stream.take().txid(), "t2");
}

TEST_F(ChaincodeRuntimeTest, SaysWhyALaunchFailed) {
  execute("t1", "cc");
  launcher.failed[0]("error building");
  EXPECT_EQ(outcomes.at(0).error().message,
            "failed to execute transaction t1: could not launch chaincode cc_1.0:abc: error "
            "building");
  execute("t2", "cc");  // tried again
  EXPECT_EQ(launcher.launched.size(), 2u);
  clock.advance(std::chrono::minutes(2));
  executor.run();
  EXPECT_EQ(outcomes.at(1).error().message,
            "failed to execute transaction t2: could not launch chaincode cc_1.0:abc: timeout "
            "expired while starting chaincode cc_1.0:abc for transaction");
}

TEST_F(ChaincodeRuntimeTest, ASlowTransactionTimesOutAndItsLateAnswerIsIgnored) {
  auto cc = connected("cc_1.0:abc");
  execute("t1", "cc");
  clock.advance(std::chrono::seconds(31));
  executor.run();
  EXPECT_EQ(outcomes.at(0).error().message,
            "failed to execute transaction t1: error sending: timeout expired while executing "
            "transaction");
  cc->handler->received(completed("t1"));
  EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(ChaincodeRuntimeTest, ABrokenStreamEndsItsTransactionsOnly) {
  auto cc = connected("cc_1.0:abc");
  auto other = connected("other_1.0:abc");
  execute("t1", "cc");
  execute("t2", "other");
  cc->handler->ended("broken");
  EXPECT_EQ(outcomes.at(0).error().message,
            "failed to execute transaction t1: error sending: chaincode stream terminated");
  EXPECT_EQ(outcomes.size(), 1u);
  execute("t3", "cc");
  EXPECT_EQ(launcher.launched.size(), 1u);
}

TEST_F(ChaincodeRuntimeTest, OneTransactionOfTwoPeersRunsOnceAfterTheOther) {
  auto cc = connected("cc_1.0:abc");
  execute("t1", "cc");
  execute("t1", "cc");
  cc->stream.take();
  EXPECT_TRUE(cc->stream.sent.empty());
  cc->handler->received(completed("t1"));
  EXPECT_EQ(cc->stream.take().type(), ChaincodeMessage::TRANSACTION);
  cc->handler->received(completed("t1", 201));
  EXPECT_EQ(outcomes.at(1)->response->status(), 201);
}

TEST_F(ChaincodeRuntimeTest, RefusesASecondChaincodeOfTheSameId) {
  auto first = connected("cc_1.0:abc");
  auto second = connect("cc_1.0:abc");
  EXPECT_EQ(second->stream.ended, "duplicate chaincodeID: cc_1.0:abc");
  EXPECT_TRUE(second->stream.sent.empty());
  second->handler->ended("closed");
  EXPECT_TRUE(runtime->connected("cc_1.0:abc"));
}

TEST_F(ChaincodeRuntimeTest, NonsenseEndsTheStream) {
  auto cc = connected("cc_1.0:abc");
  cc->handler->received(request(ChaincodeMessage::RESPONSE, "t9", ""));
  EXPECT_EQ(cc->stream.ended,
            "[t9] Fabric side handler cannot handle message (RESPONSE) while in ready state");
  auto early = std::make_unique<Chaincode>();
  early->handler = runtime->accept(early->stream);
  early->handler->received(request(ChaincodeMessage::GET_STATE, "t9", ""));
  EXPECT_EQ(early->stream.ended,
            "[t9] Fabric side handler cannot handle message (GET_STATE) while in created state");
}

TEST_F(ChaincodeRuntimeTest, RequestsOfUnknownTransactionsAreRefused) {
  auto cc = connected("cc_1.0:abc");
  cc->handler->received(request(ChaincodeMessage::GET_STATE, "t9", ""));
  EXPECT_EQ(cc->stream.take().payload(), "GET_STATE failed: transaction ID: t9: no ledger context");
}

TEST_F(ChaincodeRuntimeTest, AChaincodeCallsAnother) {
  auto cc = connected("cc_1.0:abc");
  auto other = connected("other_1.0:abc");
  execute("t1", "cc");
  cc->stream.take();
  cc->handler->received(request(ChaincodeMessage::INVOKE_CHAINCODE, "t1", call_of("other")));
  EXPECT_EQ(other->stream.take().txid(), "t1");
  other->handler->received(completed("t1", 500));
  ChaincodeMessage inner;
  ASSERT_TRUE(inner.ParseFromString(cc->stream.take().payload()));
  EXPECT_EQ(inner.type(), ChaincodeMessage::COMPLETED);
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(ChaincodeRuntimeTest, CallsThatCannotBeAreRefusedInFabricsWords) {
  auto cc = connected("cc_1.0:abc");
  execute("t1", "cc");
  cc->stream.take();
  const auto refusal = [&](const std::string& name) {
    cc->handler->received(request(ChaincodeMessage::INVOKE_CHAINCODE, "t1", call_of(name)));
    const auto reply = cc->stream.take();
    EXPECT_EQ(reply.type(), ChaincodeMessage::ERROR);
    return reply.payload();
  };
  const std::string prefix = "INVOKE_CHAINCODE failed: transaction ID: t1: ";
  EXPECT_EQ(refusal("cc"), prefix + "execute failed: error sending: txid: t1(ch) exists");
  EXPECT_EQ(refusal("nosuch"),
            prefix +
                "execute failed: invalid invocation: [channel ch] failed to get chaincode "
                "container info for nosuch: chaincode nosuch not found");
  EXPECT_EQ(refusal("other/nochannel"),
            prefix + "Failed to get policy manager for channel [nochannel]");
}

TEST_F(ChaincodeRuntimeTest, InitIsAskedForOnceWhereTheDefinitionAsks) {
  auto strict = connected("strict_1.0:abc");
  auto cc = connected("cc_1.0:abc");
  execute("t1", "strict");
  EXPECT_EQ(outcomes.at(0).error().message,
            "failed to execute transaction t1: invalid invocation: chaincode 'strict' has not been "
            "initialized for this version, must call as init first");
  execute("t2", "strict", true);
  EXPECT_EQ(strict->stream.take().type(), ChaincodeMessage::INIT);
  execute("t3", "cc", true);
  EXPECT_EQ(outcomes.at(1).error().message,
            "failed to execute transaction t3: invalid invocation: chaincode 'cc' does not require "
            "initialization but called as init");
}

}  // namespace
}  // namespace belfry::devnet

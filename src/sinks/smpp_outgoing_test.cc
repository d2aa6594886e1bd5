#include "sinks/smpp_outgoing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::sinks::smpp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Next = SmsResult::Next;

class SmppOutgoing : public testing::Test, public SessionEvents {
 protected:
  SmppOutgoing() { begin({}); }

  void begin(OutgoingSettings settings, size_t window = 10) {
    outgoing_ = std::make_unique<Outgoing>(settings, *random_);
    session_ =
        std::make_unique<Session>(Session::Settings{seconds(100), seconds(3000), window}, *this);
    session_->bind(Command::bind_transceiver, {}, now_);
    hear({response_to(Command::bind_transceiver), 0, said().at(0).sequence, {}});
  }

  void bound() override {}
  void submitted(uint64_t token, uint32_t status, std::string id) override {
    outgoing_->submitted(token, status, std::move(id), now_);
  }
  void delivered(uint32_t, const ShortMessage&) override {}

  std::vector<Pdu> said() {
    spoken_.push_back(std::exchange(session_->output(), {}));
    std::vector<Pdu> pdus;
    std::string_view rest = spoken_.back();
    Pdu pdu;
    size_t size;
    while (next_pdu(rest, pdu, size) == Framing::whole) {
      pdus.push_back(pdu);
      rest.remove_prefix(size);
    }
    return pdus;
  }
  void hear(const Pdu& pdu) { session_->received(encode(pdu), now_); }
  void accept(const Pdu& submit, const std::string& id) {
    hear(
        {Command::submit_sm_resp, 0, submit.sequence, std::string_view(id.c_str(), id.size() + 1)});
  }
  void refuse(const Pdu& submit, uint32_t status) {
    hear({Command::submit_sm_resp, status, submit.sequence, {}});
  }

  void send(std::string text, std::string to = "+15555550100") {
    outgoing_->add(
        {std::move(to), std::move(text)},
        [this](SmsResult result) { results_.push_back(std::move(result)); }, now_);
  }
  std::vector<Pdu> pump() {
    outgoing_->pump(*session_, now_);
    return said();
  }

  const std::unique_ptr<Random> random_ = seeded_random(1);
  Duration now_ = seconds(1000);
  std::vector<SmsResult> results_;
  std::unique_ptr<Outgoing> outgoing_;
  std::unique_ptr<Session> session_;
  std::vector<std::string> spoken_;  // what PDUs view
};

TEST_F(SmppOutgoing, SendsOneMessage) {
  begin({.from = "belfry", .validity = std::chrono::hours(26)});
  send("hi @ you");
  const auto submits = pump();
  ASSERT_EQ(submits.size(), 1u);
  const auto message = decode_short_message(submits[0].body);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->source.ton, 5);
  EXPECT_EQ(message->source.number, "belfry");
  EXPECT_EQ(message->destination.number, "15555550100");
  EXPECT_EQ(message->text, std::string("hi \0 you", 8));
  EXPECT_EQ(message->registered_delivery, 1);
  EXPECT_EQ(message->validity, "000001020000000R");
  accept(submits[0], "id1");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].next, Next::accepted);
  EXPECT_THAT(results_[0].ids, ElementsAre("id1"));
}

TEST_F(SmppOutgoing, TheSendersLooksChooseItsType) {
  const std::tuple<const char*, int, int, const char*> cases[] = {
      {"+4930123456", 1, 1, "4930123456"},
      {"15555550100", 1, 1, "15555550100"},
      {"12345", 3, 0, "12345"},
      {"", 0, 0, ""}};
  for (const auto& [from, ton, npi, number] : cases) {
    begin({.from = from});
    send("x");
    const auto message = decode_short_message(pump().at(0).body);
    EXPECT_EQ(message->source.ton, ton) << from;
    EXPECT_EQ(message->source.npi, npi) << from;
    EXPECT_EQ(message->source.number, number);
  }
  begin({.from = "12345", .from_ton = 6, .from_npi = 9});
  send("x");
  const auto message = decode_short_message(pump().at(0).body);
  EXPECT_EQ(message->source.ton, 6);
  EXPECT_EQ(message->source.npi, 9);
}

TEST_F(SmppOutgoing, ALongMessageIsAcceptedWhenAllPartsAre) {
  send(std::string(400, 'x'));
  const auto submits = pump();
  ASSERT_EQ(submits.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const auto part = decode_short_message(submits[i].body);
    EXPECT_EQ(part->esm_class, kHasHeader);
    EXPECT_EQ(part->text.substr(4, 2), std::string({3, static_cast<char>(i + 1)}));
    EXPECT_EQ(part->text.substr(0, 4), decode_short_message(submits[0].body)->text.substr(0, 4));
    EXPECT_EQ(part->registered_delivery, i == 2 ? 1 : 0);
  }
  accept(submits[2], "c");
  accept(submits[0], "a");
  EXPECT_TRUE(results_.empty());
  accept(submits[1], "b");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_THAT(results_[0].ids, ElementsAre("c", "a", "b"));
  EXPECT_EQ(results_[0].parts, 3u);
}

TEST_F(SmppOutgoing, ARefusedPartIsNamedAndTheRestIsNotSent) {
  begin({}, 2);
  send(std::string(400, 'x'));
  const auto submits = pump();
  ASSERT_EQ(submits.size(), 2u);
  refuse(submits[1], 0x08);
  EXPECT_TRUE(pump().empty());
  accept(submits[0], "a");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].next, Next::retry);
  EXPECT_EQ(results_[0].reason,
            "the message centre refused part 2 of 3: ESME_RSYSERR (system error) (1 of 3 parts "
            "were accepted)");
}

TEST_F(SmppOutgoing, APermanentErrorIsPermanent) {
  send("x");
  refuse(pump().at(0), 0x0b);
  EXPECT_EQ(results_.at(0).next, Next::permanent);
  EXPECT_EQ(results_[0].reason,
            "the message centre refused: ESME_RINVDSTADR (invalid destination address)");
}

TEST_F(SmppOutgoing, WhatCannotBeSentIsRefusedAtOnce) {
  begin({.most_parts = 2});
  send("x", "5555550100");
  send(std::string(400, 'x'));
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_EQ(results_[0].next, Next::permanent);
  EXPECT_EQ(results_[1].next, Next::permanent);
  EXPECT_EQ(results_[1].reason, "the text needs 3 parts; at most 2 are sent");
}

TEST_F(SmppOutgoing, ThrottlingHoldsBackAndSendsTheSameAgain) {
  begin({.least_pause = milliseconds(500)}, 1);
  send("one");
  send("two");
  const auto first = pump();
  refuse(first.at(0), 0x58);
  EXPECT_TRUE(pump().empty());
  EXPECT_EQ(outgoing_->deadline(true), now_ + milliseconds(500));
  now_ += milliseconds(500);
  auto again = pump();
  EXPECT_EQ(again.at(0).body, first.at(0).body);
  refuse(again.at(0), 0x14);
  now_ += milliseconds(500);
  EXPECT_TRUE(pump().empty());  // the second pause is longer
  now_ += milliseconds(500);
  again = pump();
  accept(again.at(0), "a");
  EXPECT_EQ(decode_short_message(pump().at(0).body)->text, "two");
  EXPECT_EQ(results_.at(0).next, Next::accepted);
  EXPECT_EQ(outgoing_->throttled(), 2u);
}

TEST_F(SmppOutgoing, EndlessThrottlingEndsAsRetry) {
  begin({.patience = seconds(60), .most_pause = seconds(30)});
  send("x");
  for (int i = 0; i < 100 && results_.empty(); ++i) {
    for (const auto& submit : pump()) refuse(submit, 0x58);
    now_ += seconds(1);
    outgoing_->tick(now_, "");
  }
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].next, Next::retry);
  EXPECT_THAT(results_[0].reason, HasSubstr("ESME_RTHROTTLED"));
  EXPECT_TRUE(results_[0].retry_after);
}

TEST_F(SmppOutgoing, ALostSessionEndsWhatWasUnderWay) {
  begin({}, 1);
  send("one");
  send("two");
  pump();
  outgoing_->session_lost("the connection was closed");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].next, Next::retry);
  EXPECT_EQ(
      results_[0].reason,
      "no answer came before the session ended, so it may arrive twice: the connection was closed");
  EXPECT_EQ(outgoing_->waiting(), 1u);
}

TEST_F(SmppOutgoing, WaitingWithoutASessionEndsNamingTheProblem) {
  send("x");
  now_ += seconds(59);
  outgoing_->tick(now_, "no session");
  EXPECT_TRUE(results_.empty());
  now_ += seconds(1);
  outgoing_->tick(now_, "no session");
  EXPECT_EQ(results_.at(0).reason, "no session");
  EXPECT_EQ(results_[0].next, Next::retry);
}

TEST_F(SmppOutgoing, KeepsToTheRate) {
  begin({.rate = 4});
  for (int i = 0; i < 3; ++i) send("x");
  EXPECT_EQ(pump().size(), 1u);
  EXPECT_EQ(pump().size(), 0u);
  now_ += milliseconds(250);
  EXPECT_EQ(pump().size(), 1u);
}

TEST_F(SmppOutgoing, HasABound) {
  begin({.waiting = 1});
  send("one");
  send("two");
  EXPECT_EQ(results_.at(0).reason, "1 text messages wait already");
}

TEST_F(SmppOutgoing, SettingsThatCannotBeSentAreRefused) {
  EXPECT_TRUE(Outgoing::check({.from = "belfry"}));
  for (const OutgoingSettings& bad :
       {OutgoingSettings{.from = "a name too long"}, OutgoingSettings{.from = "ümlaut"},
        OutgoingSettings{.service_type = "123456"},
        OutgoingSettings{.validity = std::chrono::days(31)}, OutgoingSettings{.most_parts = 0}})
    EXPECT_FALSE(Outgoing::check(bad));
}

}  // namespace
}  // namespace belfry::sinks::smpp

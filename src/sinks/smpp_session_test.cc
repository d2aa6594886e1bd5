#include "sinks/smpp_session.h"

#include <gtest/gtest.h>

namespace belfry::sinks::smpp {
namespace {

using std::chrono::seconds;

class SmppSession : public testing::Test, public SessionEvents {
 protected:
  void bound() override { bound_ = true; }
  void submitted(uint64_t token, uint32_t status, std::string id) override {
    answers_.push_back({token, status, id});
  }
  void delivered(uint32_t sequence, const ShortMessage& message) override {
    deliveries_.push_back({sequence, message.text});
  }

  // What the session said since the last time.
  std::vector<Pdu> said() {
    spoken_ = std::exchange(session_.output(), {});
    std::vector<Pdu> pdus;
    std::string_view rest = spoken_;
    Pdu pdu;
    size_t size;
    while (next_pdu(rest, pdu, size) == Framing::whole) {
      pdus.push_back(pdu);
      rest.remove_prefix(size);
    }
    EXPECT_TRUE(rest.empty());
    return pdus;
  }
  void hear(Command command, uint32_t status, uint32_t sequence, std::string_view body = {}) {
    session_.received(encode({command, status, sequence, body}), now_);
  }
  void open() {
    session_.bind(Command::bind_transceiver, {"me", "secret", "", 0, 0, ""}, now_);
    const auto asked = said();
    ASSERT_EQ(asked.size(), 1u);
    hear(response_to(Command::bind_transceiver), 0, asked[0].sequence, {"smsc\0", 5});
    ASSERT_TRUE(bound_);
  }

  struct Answer {
    uint64_t token;
    uint32_t status;
    std::string id;
  };
  struct Delivery {
    uint32_t sequence;
    std::string text;
  };
  Duration now_ = seconds(1000);
  Session session_{{seconds(10), seconds(30), 2}, *this};
  std::string spoken_;
  bool bound_ = false;
  std::vector<Answer> answers_;
  std::vector<Delivery> deliveries_;
};

TEST_F(SmppSession, ARefusedBindEndsIt) {
  session_.bind(Command::bind_transceiver, {"me", "wrong", "", 0, 0, ""}, now_);
  hear(response_to(Command::bind_transceiver), 0x0e, said()[0].sequence);
  EXPECT_EQ(session_.state(), Session::State::ended);
  EXPECT_EQ(session_.refusal(), 0x0eu);
  EXPECT_EQ(session_.problem(),
            "the message centre refused the bind: ESME_RINVPASWD (invalid password)");
}

TEST_F(SmppSession, SubmitsWithinTheWindowAndMatchesAnswersBySequence) {
  open();
  session_.submit(71, {}, now_);
  session_.submit(72, {}, now_);
  EXPECT_FALSE(session_.can_submit());
  const auto submits = said();
  ASSERT_EQ(submits.size(), 2u);
  hear(Command::submit_sm_resp, 0, submits[1].sequence, {"b\0", 2});
  EXPECT_TRUE(session_.can_submit());
  hear(Command::submit_sm_resp, 0x58, submits[0].sequence);
  hear(Command::submit_sm_resp, 0, 9999, {"x\0", 2});  // of nothing we asked
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(answers_[0].token, 72u);
  EXPECT_EQ(answers_[0].id, "b");
  EXPECT_EQ(answers_[1].token, 71u);
  EXPECT_EQ(answers_[1].status, 0x58u);
}

TEST_F(SmppSession, ANackIsAnAnswer) {
  open();
  session_.submit(1, {}, now_);
  hear(Command::generic_nack, 0x03, said()[0].sequence);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].status, 0x03u);
}

TEST_F(SmppSession, AsksForLifeAfterSilenceAndEndsWithoutIt) {
  open();
  EXPECT_EQ(session_.deadline(), now_ + seconds(30));
  now_ += seconds(30);
  session_.tick(now_);
  auto asked = said();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].command, Command::enquire_link);
  hear(Command::enquire_link_resp, 0, asked[0].sequence);
  now_ += seconds(30);
  session_.tick(now_);
  EXPECT_EQ(said().size(), 1u);
  now_ += seconds(10);
  session_.tick(now_);
  EXPECT_EQ(session_.state(), Session::State::ended);
  EXPECT_EQ(session_.problem(), "the message centre does not answer");
}

TEST_F(SmppSession, AnUnansweredSubmitEndsIt) {
  open();
  session_.submit(1, {}, now_);
  now_ += seconds(9);
  hear(Command::enquire_link, 0, 5);  // it lives, but that is no answer
  session_.tick(now_);
  EXPECT_EQ(session_.state(), Session::State::open);
  now_ += seconds(1);
  session_.tick(now_);
  EXPECT_EQ(session_.state(), Session::State::ended);
}

TEST_F(SmppSession, AnswersTheCentresRequests) {
  open();
  hear(Command::enquire_link, 0, 41);
  hear(static_cast<Command>(0x103), 0, 42);  // data_sm
  hear(Command::deliver_sm, 0, 43, "garbage");
  ShortMessage message;
  message.text = "hi";
  hear(Command::deliver_sm, 0, 44, encode_short_message(message));
  auto answers = said();
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].command, Command::enquire_link_resp);
  EXPECT_EQ(answers[1].command, Command::generic_nack);
  EXPECT_EQ(answers[2].command, Command::deliver_sm_resp);
  EXPECT_NE(answers[2].status, 0u);
  ASSERT_EQ(deliveries_.size(), 1u);  // answered only when it is safe
  session_.deliver_answered(deliveries_[0].sequence, true);
  answers = said();
  EXPECT_EQ(answers[0].sequence, 44u);
  EXPECT_EQ(answers[0].status, 0u);
}

TEST_F(SmppSession, EndsInOrder) {
  open();
  session_.unbind(now_);
  hear(Command::unbind_resp, 0, said()[0].sequence);
  EXPECT_EQ(session_.state(), Session::State::ended);
  EXPECT_EQ(session_.problem(), "");
}

TEST_F(SmppSession, TheCentreMayEndIt) {
  open();
  hear(Command::unbind, 0, 50);
  EXPECT_EQ(said()[0].command, Command::unbind_resp);
  EXPECT_EQ(session_.problem(), "the message centre ended the session");
}

TEST_F(SmppSession, BytesThatAreNoPduEndIt) {
  open();
  session_.received("HTTP/1.1 400 Bad Request\r\n", now_);
  EXPECT_EQ(session_.state(), Session::State::ended);
}

}  // namespace
}  // namespace belfry::sinks::smpp

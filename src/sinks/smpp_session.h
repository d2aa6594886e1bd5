// One SMPP session, from bind to its end, as a state machine without socket or thread: bytes and
// time go in, bytes and events come out. smpp_client.h drives it over a connection.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "sinks/smpp_pdu.h"

namespace belfry::sinks::smpp {

// What the session tells its owner; called from within the owner's own calls.
class SessionEvents {
 public:
  virtual ~SessionEvents() = default;
  virtual void bound() = 0;
  // The centre's answer to submit(). status 0: accepted, with its message id.
  virtual void submitted(uint64_t token, uint32_t status, std::string id) = 0;
  // To be answered by deliver_answered() with the sequence, once it is safe.
  virtual void delivered(uint32_t sequence, const ShortMessage& message) = 0;
};

class Session {
 public:
  struct Settings {
    Duration response_timeout =
        std::chrono::seconds(10);  // of any request; then the session is broken
    Duration enquire_interval = std::chrono::seconds(30);  // of silence before an enquire_link
    size_t window = 10;                                    // submits without an answer
  };
  enum class State { binding, open, unbinding, ended };

  Session(Settings settings, SessionEvents& events) : settings_(settings), events_(events) {}

  void bind(Command command, const Bind& bind,
            Duration now);  // first; then output() has the request
  void received(std::string_view bytes, Duration now);
  void tick(Duration now);
  bool can_submit() const { return state_ == State::open && submits_.size() < settings_.window; }
  void submit(uint64_t token, const ShortMessage& message, Duration now);
  void deliver_answered(uint32_t sequence, bool kept);
  void unbind(Duration now);
  void end(std::string problem);  // at once: it is of no use any more

  State state() const { return state_; }
  const std::string& problem() const { return problem_; }  // once ended; empty: orderly
  uint32_t refusal() const { return refusal_; }            // once ended: the bind's error, or 0
  size_t outstanding() const { return submits_.size(); }
  std::string& output() { return output_; }  // the owner takes bytes off its front
  Duration deadline() const;                 // when to call tick() at the latest

 private:
  struct Submit {
    uint64_t token;
    Duration deadline;
  };

  void handle(const Pdu& pdu);
  void answered(const Pdu& pdu);
  uint32_t request(Command command, std::string_view body);
  void answer(const Pdu& pdu, uint32_t status, std::string_view body = {});

  const Settings settings_;
  SessionEvents& events_;
  State state_ = State::binding;
  std::string input_, output_, problem_;
  uint32_t refusal_ = 0;
  uint32_t next_sequence_ = 1;
  std::map<uint32_t, Submit> submits_;  // by sequence
  struct Control {                      // the one bind, enquire_link or unbind under way
    Command command;
    uint32_t sequence;
    Duration deadline;
  };
  std::optional<Control> control_;
  Duration enquire_at_{};
};

}  // namespace belfry::sinks::smpp

// Text messages on their way through SMPP sessions: cut into parts, paced, held back when the
// centre throttles, and answered for once all their parts are. Pure: its owner (smpp_client.h)
// gives it sessions and the time.
//
// A message is accepted when all its parts are. Is a part refused, the rest is not sent and the
// message ends as retry or permanent with the part's number and the centre's reason; a retry sends
// the whole message under a new number, so a phone never joins parts of two attempts.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "sinks/smpp_session.h"
#include "sinks/sms_message.h"
#include "sinks/sms_sender.h"

namespace belfry::sinks::smpp {

struct OutgoingSettings {
  std::string
      from;  // digits (with or without a plus), or up to 11 letters; empty: the centre's choice
  int from_ton = -1, from_npi = -1;  // -1: by the looks of `from`
  std::string service_type;          // up to 5 characters
  Duration validity{0};              // how long the centre tries; 0: its own default
  bool receipts = true;              // ask for a delivery receipt, for the last part of a message
  SmsReference reference = SmsReference::bits8;
  size_t most_parts = 10;
  uint32_t rate = 0;  // parts a second; 0: as fast as the centre takes them
  Duration patience =
      std::chrono::seconds(60);  // from send() to the last part's submission, then retry
  Duration least_pause =
      std::chrono::milliseconds(500);  // after a throttling answer; doubled by each further one
  Duration most_pause = std::chrono::seconds(30);
  size_t waiting = 10'000;  // messages; further ones end at once as retry
};

class Outgoing {
 public:
  static Result<void> check(const OutgoingSettings& settings);  // what cannot be sent that way

  Outgoing(OutgoingSettings settings, Random& random);
  ~Outgoing();

  void add(Sms sms, Callback<SmsResult> done, Duration now);
  void pump(Session& session, Duration now);  // submits what the window, the pace and a pause allow
  void submitted(uint64_t token, uint32_t status, std::string id, Duration now);
  void session_lost(const std::string& why);  // what was submitted and not answered ends as retry
  void tick(Duration now,
            const std::string& problem);     // ends what waited too long, naming the problem
  void end_waiting(const std::string& why);  // all that has no part under way ends as retry
  Duration deadline(
      bool can_submit) const;  // of the next tick, or pump if the session can take one
  size_t waiting() const { return messages_.size(); }
  uint64_t throttled() const { return throttled_; }

 private:
  struct Message;
  using Messages = std::map<uint64_t, std::unique_ptr<Message>>;  // by number, so oldest first

  ShortMessage part(const Message& message, size_t index) const;
  void fail(Message& message, SmsResult::Next next, std::string reason);
  Messages::iterator settle(
      Messages::iterator at);  // answers and forgets it if nothing of it is left to wait for

  const OutgoingSettings settings_;
  Address source_;
  Messages messages_;
  std::deque<uint64_t> ready_;  // tokens of parts to submit, in order
  uint64_t next_number_ = 1;
  uint16_t next_reference_;
  Duration not_before_{}, pause_{};
  uint64_t throttled_ = 0;
};

}  // namespace belfry::sinks::smpp

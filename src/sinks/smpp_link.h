// One connection to a message centre and the session on it, with the pauses between attempts.
// smpp_client.h owns one or two of them and runs them on its thread. Internal to smpp_client.cc.
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "sinks/smpp_client.h"
#include "sinks/smpp_session.h"
#include "sinks/tcp_stream.h"

namespace belfry::sinks::smpp {

class Link;

// What a link tells its owner; called from within the owner's own calls.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void submitted(uint64_t token, uint32_t status, std::string id, Duration now) = 0;
  virtual void link_lost(Link& link, const std::string& why) = 0;  // not when it ended as we wished
  // To be answered by Link::receipt_kept() with the same session and sequence.
  virtual void receipt(Link& link, uint32_t sequence, SmsReceipt receipt) = 0;
};

class Link final : public SessionEvents {
 public:
  // All must outlive the link.
  Link(LinkOwner& owner, const SmppSettings& settings, const TcpAddress& address, Random& random,
       Command bind)
      : owner_(owner), settings_(settings), address_(address), random_(random), bind_(bind) {}

  void connect_if_due(Duration now);
  void ready(Duration now);  // the stream can go on
  void flush();              // hands the session's output to the stream
  void tick(Duration now);
  void receipt_kept(uint64_t generation, uint32_t sequence, bool kept);

  TcpStream* stream() const { return stream_.get(); }
  Session* session() const { return session_.get(); }  // null: no connection
  uint64_t generation() const { return generation_; }  // of the session
  bool is_bound() const { return session_ && session_->state() == Session::State::open; }
  const std::string& problem() const { return problem_; }  // why it is not bound
  Duration deadline() const;

 private:
  void bound() override;
  void submitted(uint64_t token, uint32_t status, std::string id) override;
  void delivered(uint32_t sequence, const ShortMessage& message) override;

  void establish(Duration now);
  void read(Duration now);
  void lost(std::string why, Duration now);

  LinkOwner& owner_;
  const SmppSettings& settings_;
  const TcpAddress& address_;
  Random& random_;
  const Command bind_;
  std::unique_ptr<TcpStream> stream_;
  std::unique_ptr<Session> session_;  // while the stream is established
  uint64_t generation_ = 0;
  std::string problem_ = "no session yet";
  size_t receipts_open_ = 0;
  Duration connect_at_{}, connect_deadline_{}, now_{};
  size_t attempts_ = 0, failures_ = 0;
};

}  // namespace belfry::sinks::smpp

#include "sinks/smpp_link.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "sinks/smpp_receipt.h"

namespace belfry::sinks::smpp {

void Link::connect_if_due(Duration now) {
  if (stream_ || now < connect_at_) return;
  auto connecting = TcpStream::connect(address_, settings_.tls, attempts_++);
  if (!connecting) return lost(connecting.error().message, now);
  stream_ = std::move(*connecting);
  connect_deadline_ = now + settings_.connect_timeout;
}

void Link::ready(Duration now) {
  if (!session_) establish(now);
  if (session_) read(now);
}

void Link::establish(Duration now) {
  const auto established = stream_->establish();
  if (!established) return lost(established.error().message, now);
  if (!*established) return;
  ++generation_;
  receipts_open_ = 0;
  session_ = std::make_unique<Session>(settings_.session, *this);
  session_->bind(bind_, {settings_.system_id, settings_.password, settings_.system_type, 0, 0, {}},
                 now);
}

void Link::read(Duration now) {
  now_ = now;
  char buffer[16 << 10];
  while (session_) {
    const auto count = stream_->read(buffer, sizeof buffer);
    if (!count) return lost(count.error().message, now);
    if (*count == 0) return;
    session_->received({buffer, *count}, now);
    if (session_->state() == Session::State::ended) {
      flush();  // the answer to an unbind
      if (session_) lost(session_->problem(), now);
      return;
    }
  }
}

void Link::flush() {
  if (!session_) return;
  std::string& output = session_->output();
  while (!output.empty()) {
    const auto count = stream_->write(output);
    if (!count) return lost(count.error().message, now_);
    if (*count == 0) return;
    output.erase(0, *count);
  }
}

void Link::tick(Duration now) {
  now_ = now;
  if (stream_ && !session_ && now >= connect_deadline_) return lost("no connection in time", now);
  if (!session_) return;
  session_->tick(now);
  if (session_->state() == Session::State::ended) lost(session_->problem(), now);
}

void Link::lost(std::string why, Duration now) {
  const bool refused = session_ && session_->refusal() != 0;
  const bool was_bound = session_ && session_->state() != Session::State::binding && !refused;
  session_.reset();
  stream_.reset();
  Duration pause = settings_.least_pause * (int64_t{1} << std::min<size_t>(failures_, 20));
  pause = std::min(pause, settings_.most_pause);
  if (refused) pause = std::max(pause, settings_.refused_pause);
  ++failures_;
  pause = pause / 2 + Duration(random_.below(static_cast<uint64_t>(pause.count() / 2) + 1));
  connect_at_ = now + pause;
  if (why.empty()) return;  // as we wished
  problem_ = fmt::format("no session with {}: {}", settings_.address, why);
  log::warn(
      was_bound ? "the SMPP session ended" : "no SMPP session",
      {{"address", settings_.address},
       {"reason", why},
       {"again_in_ms", std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()}});
  owner_.link_lost(*this, why);
}

Duration Link::deadline() const {
  if (session_) return session_->deadline();
  return stream_ ? connect_deadline_ : connect_at_;
}

void Link::bound() {
  failures_ = 0;
  log::info("the SMPP session is bound", {{"address", settings_.address}});
}

void Link::submitted(uint64_t token, uint32_t status, std::string id) {
  owner_.submitted(token, status, std::move(id), now_);
  if (meaning_of(status) == Meaning::rebind) session_->end(status_name(status));
}

void Link::delivered(uint32_t sequence, const ShortMessage& message) {
  auto receipt = receipt_of(message);
  if (!receipt) {  // a text from a phone: belfry only sends
    session_->deliver_answered(sequence, true);
    return;
  }
  if (receipts_open_ >= settings_.receipts_at_once)
    return session_->deliver_answered(sequence, false);
  ++receipts_open_;
  owner_.receipt(*this, sequence, std::move(*receipt));
}

void Link::receipt_kept(uint64_t generation, uint32_t sequence, bool kept) {
  if (!session_ || generation != generation_) return;
  --receipts_open_;
  session_->deliver_answered(sequence, kept);
}

}  // namespace belfry::sinks::smpp

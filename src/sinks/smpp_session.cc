#include "sinks/smpp_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace belfry::sinks::smpp {
namespace {

constexpr uint32_t kInvalidCommand = 0x00000003;      // ESME_RINVCMDID
constexpr uint32_t kTemporaryError = 0x00000064;      // ESME_RX_T_APPN
constexpr uint32_t kSystemError = 0x00000008;         // ESME_RSYSERR
constexpr uint32_t kLastSequence = 0x7fffffff;        // §3.2
constexpr std::string_view kEmptyMessageId("\0", 1);  // deliver_sm_resp's only field, unused

}  // namespace

uint32_t Session::request(Command command, std::string_view body) {
  const uint32_t sequence = next_sequence_;
  next_sequence_ = sequence == kLastSequence ? 1 : sequence + 1;
  output_ += encode({command, 0, sequence, body});
  return sequence;
}

void Session::answer(const Pdu& pdu, uint32_t status, std::string_view body) {
  output_ += encode({response_to(pdu.command), status, pdu.sequence, body});
}

void Session::end(std::string problem) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  problem_ = std::move(problem);
}

void Session::bind(Command command, const Bind& bind, Duration now) {
  control_ = {command, request(command, encode_bind(bind)), now + settings_.response_timeout};
}

void Session::submit(uint64_t token, const ShortMessage& message, Duration now) {
  BELFRY_CHECK(can_submit());
  const uint32_t sequence = request(Command::submit_sm, encode_short_message(message));
  submits_.emplace(sequence, Submit{token, now + settings_.response_timeout});
}

void Session::deliver_answered(uint32_t sequence, bool kept) {
  if (state_ == State::ended) return;
  output_ +=
      encode({Command::deliver_sm_resp, kept ? 0 : kTemporaryError, sequence, kEmptyMessageId});
}

void Session::unbind(Duration now) {
  if (state_ == State::binding) return end({});
  if (state_ != State::open) return;
  state_ = State::unbinding;
  control_ = {Command::unbind, request(Command::unbind, {}), now + settings_.response_timeout};
}

void Session::received(std::string_view bytes, Duration now) {
  input_ += bytes;
  enquire_at_ = now + settings_.enquire_interval;
  size_t taken = 0;
  while (state_ != State::ended) {
    Pdu pdu;
    size_t size = 0;
    const Framing framing = next_pdu(std::string_view(input_).substr(taken), pdu, size);
    if (framing == Framing::incomplete) break;
    if (framing == Framing::broken)
      return end(fmt::format("the message centre sent a PDU of {} bytes", size));
    handle(pdu);
    taken += size;
  }
  input_.erase(0, taken);
}

void Session::handle(const Pdu& pdu) {
  if (is_response(pdu.command)) return answered(pdu);
  switch (pdu.command) {
    case Command::enquire_link:
      return answer(pdu, 0);
    case Command::unbind:
      answer(pdu, 0);
      return end("the message centre ended the session");
    case Command::deliver_sm:
      if (const auto message = decode_short_message(pdu.body))
        return events_.delivered(pdu.sequence, *message);
      return answer(pdu, kSystemError, kEmptyMessageId);
    case Command::alert_notification:
    case Command::outbind:
      return;  // these have no answer
    default:
      output_ += encode({Command::generic_nack, kInvalidCommand, pdu.sequence, {}});
  }
}

void Session::answered(const Pdu& pdu) {
  if (control_ && pdu.sequence == control_->sequence) {
    const Command asked = control_->command;
    control_.reset();
    if (asked == Command::enquire_link) return;  // a nack, too, is a sign of life
    if (asked == Command::unbind) return end({});
    if (pdu.status != 0) {
      refusal_ = pdu.status;
      return end("the message centre refused the bind: " + status_name(pdu.status));
    }
    if (pdu.command != response_to(asked))
      return end("the message centre answered the bind with another command");
    state_ = State::open;
    return events_.bound();
  }
  const auto found = submits_.find(pdu.sequence);
  if (found == submits_.end()) return;  // of a request that is no longer waited for
  const uint64_t token = found->second.token;
  submits_.erase(found);
  // A centre that accepted a message and named it badly has accepted it all the same.
  const bool accepted = pdu.command == Command::submit_sm_resp && pdu.status == 0;
  const uint32_t status = accepted ? 0 : pdu.status != 0 ? pdu.status : kSystemError;
  events_.submitted(token, status, accepted ? decode_message_id(pdu.body).value_or("") : "");
}

void Session::tick(Duration now) {
  if (state_ == State::ended) return;
  if (control_ && now >= control_->deadline)
    return end(control_->command == Command::unbind ? "" : "the message centre does not answer");
  // Sequences, and so deadlines, rise but for the one wrap in two thousand million.
  for (const auto& [sequence, submit] : submits_)
    if (now >= submit.deadline) return end("the message centre does not answer");
  if (state_ == State::open && !control_ && now >= enquire_at_)
    control_ = {Command::enquire_link, request(Command::enquire_link, {}),
                now + settings_.response_timeout};
}

Duration Session::deadline() const {
  Duration deadline = Duration::max();
  if (control_) deadline = std::min(deadline, control_->deadline);
  if (state_ == State::open && !control_) deadline = std::min(deadline, enquire_at_);
  for (const auto& [sequence, submit] : submits_) deadline = std::min(deadline, submit.deadline);
  return deadline;
}

}  // namespace belfry::sinks::smpp

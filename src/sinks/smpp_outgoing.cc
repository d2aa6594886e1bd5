#include "sinks/smpp_outgoing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace belfry::sinks::smpp {
namespace {

constexpr int kPartBits = 8;  // of a token: the part's index, below the message's number
constexpr uint8_t kInternational = 1, kIsdn = 1, kNetworkSpecific = 3, kAlphanumeric = 5;
constexpr uint8_t kReceiptWanted = 1;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// By its looks: "+4930…" is international, "12345" a short code, anything else a name.
Address source_address(const OutgoingSettings& settings) {
  std::string_view from = settings.from;
  Address address;
  if (from.starts_with('+') && all_digits(from.substr(1))) {
    from.remove_prefix(1);
    address = {kInternational, kIsdn, std::string(from)};
  } else if (all_digits(from)) {
    address = from.size() > 8 ? Address{kInternational, kIsdn, std::string(from)}
                              : Address{kNetworkSpecific, 0, std::string(from)};
  } else if (!from.empty()) {
    address = {kAlphanumeric, 0, std::string(from)};
  }
  if (settings.from_ton >= 0) address.ton = static_cast<uint8_t>(settings.from_ton);
  if (settings.from_npi >= 0) address.npi = static_cast<uint8_t>(settings.from_npi);
  return address;
}

// Relative time format, "YYMMDDhhmmsstnnR" (§7.1.1.2), days at most.
std::string relative_time(Duration duration) {
  if (duration <= Duration(0)) return {};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  return fmt::format("0000{:02}{:02}{:02}{:02}000R", seconds / 86400, seconds / 3600 % 24,
                     seconds / 60 % 60, seconds % 60);
}

}  // namespace

struct Outgoing::Message {
  uint64_t number;
  std::string to;  // without the plus
  SmsText text;
  uint16_t reference;
  Callback<SmsResult> done;
  Duration deadline;
  size_t unsent;         // parts in ready_
  size_t under_way = 0;  // parts without an answer
  size_t accepted = 0;
  std::vector<std::string> ids;
  std::optional<SmsResult> failure;
};

Result<void> Outgoing::check(const OutgoingSettings& settings) {
  const std::string& from = settings.from;
  const bool number = all_digits(std::string_view(from).substr(from.starts_with('+') ? 1 : 0));
  if (std::any_of(from.begin(), from.end(), [](char c) { return c < 0x20 || c > 0x7e; }))
    return belfry::fail(fmt::format("the sender '{}' has characters that SMPP cannot carry", from));
  if (!from.empty() && !number && from.size() > 11)
    return belfry::fail(
        fmt::format("the sender '{}' is too long: a name has at most 11 characters", from));
  if (number && from.size() > 16)
    return belfry::fail(fmt::format("the sender '{}' has too many digits", from));
  if (settings.service_type.size() > 5)
    return belfry::fail(fmt::format("the service type '{}' is too long: at most 5 characters",
                                    settings.service_type));
  if (settings.validity > std::chrono::days(30))
    return belfry::fail("the validity of a text message is at most 30 days");
  if (settings.most_parts < 1 || settings.most_parts > 255)
    return belfry::fail("a text message has between 1 and 255 parts");
  return {};
}

Outgoing::Outgoing(OutgoingSettings settings, Random& random)
    : settings_(std::move(settings)),
      source_(source_address(settings_)),
      next_reference_(static_cast<uint16_t>(random.next())) {}

Outgoing::~Outgoing() {
  session_lost("belfry is stopping");
  end_waiting("belfry is stopping");
}

void Outgoing::add(Sms sms, Callback<SmsResult> done, Duration now) {
  if (auto problem = phone_number_problem(sms.to))
    return done({SmsResult::Next::permanent, std::move(*problem), {}, {}, 0});
  auto message = std::make_unique<Message>();
  message->text = split_sms(sms.text, settings_.reference);
  const size_t parts = message->text.parts.size();
  if (parts > settings_.most_parts)
    return done(
        {SmsResult::Next::permanent,
         fmt::format("the text needs {} parts; at most {} are sent", parts, settings_.most_parts),
         {},
         {},
         parts});
  if (messages_.size() >= settings_.waiting)
    return done({SmsResult::Next::retry,
                 fmt::format("{} text messages wait already", messages_.size()),
                 {},
                 {},
                 parts});
  message->number = next_number_++;
  message->to = sms.to.substr(1);
  message->reference = parts > 1 ? next_reference_++ : uint16_t{0};
  message->done = std::move(done);
  message->deadline = now + settings_.patience;
  message->unsent = parts;
  for (size_t index = 0; index < parts; ++index)
    ready_.push_back(message->number << kPartBits | index);
  messages_.emplace(message->number, std::move(message));
}

ShortMessage Outgoing::part(const Message& message, size_t index) const {
  const size_t count = message.text.parts.size();
  ShortMessage part;
  part.service_type = settings_.service_type;
  part.source = source_;
  part.destination = {kInternational, kIsdn, message.to};
  part.validity = relative_time(settings_.validity);
  part.registered_delivery = settings_.receipts && index + 1 == count ? kReceiptWanted : 0;
  part.data_coding = message.text.encoding == SmsEncoding::ucs2 ? kCodingUcs2 : kCodingDefault;
  if (count > 1) {
    part.esm_class = kHasHeader;
    part.text = concatenation_header(settings_.reference, message.reference, count, index + 1);
  }
  part.text += message.text.parts[index];
  return part;
}

void Outgoing::pump(Session& session, Duration now) {
  while (!ready_.empty() && session.can_submit() && now >= not_before_) {
    const uint64_t token = ready_.front();
    ready_.pop_front();
    const auto found = messages_.find(token >> kPartBits);
    if (found == messages_.end() || found->second->failure) continue;  // was given up meanwhile
    Message& message = *found->second;
    --message.unsent;
    ++message.under_way;
    session.submit(token, part(message, token & ((1 << kPartBits) - 1)), now);
    if (settings_.rate > 0) not_before_ = now + Duration(std::chrono::seconds(1)) / settings_.rate;
  }
}

void Outgoing::fail(Message& message, SmsResult::Next next, std::string reason) {
  message.unsent = 0;
  if (message.failure && message.failure->next == SmsResult::Next::permanent) return;
  const size_t parts = message.text.parts.size();
  message.failure = SmsResult{next, std::move(reason), {}, {}, parts};
}

Outgoing::Messages::iterator Outgoing::settle(Messages::iterator at) {
  Message& message = *at->second;
  if (message.under_way > 0 || (message.unsent > 0 && !message.failure)) return std::next(at);
  const auto ended =
      std::move(at->second);  // forgotten before it is answered for: the answer may add another
  const auto next = messages_.erase(at);
  const size_t parts = ended->text.parts.size();
  if (!ended->failure) {
    ended->done({SmsResult::Next::accepted, {}, {}, std::move(ended->ids), parts});
    return next;
  }
  if (parts > 1)
    ended->failure->reason +=
        fmt::format(" ({} of {} parts were accepted)", ended->accepted, parts);
  ended->done(std::move(*ended->failure));
  return next;
}

void Outgoing::submitted(uint64_t token, uint32_t status, std::string id, Duration now) {
  const auto found = messages_.find(token >> kPartBits);
  if (found == messages_.end()) return;
  Message& message = *found->second;
  BELFRY_CHECK(message.under_way > 0);
  --message.under_way;
  const size_t count = message.text.parts.size();
  const size_t place = (token & ((1 << kPartBits) - 1)) + 1;
  const auto reason = [&] {
    std::string part = count > 1 ? fmt::format(" part {} of {}", place, count) : "";
    return fmt::format("the message centre refused{}: {}", part, status_name(status));
  };
  switch (meaning_of(status)) {
    case Meaning::accepted:
      pause_ = Duration(0);
      ++message.accepted;
      if (!id.empty()) message.ids.push_back(std::move(id));
      break;
    case Meaning::throttled:
      ++throttled_;
      // Several answers of one window are one sign, not a reason to double for each.
      if (now >= not_before_ || pause_ == Duration(0)) {
        pause_ = std::clamp(pause_ * 2, settings_.least_pause, settings_.most_pause);
        not_before_ = now + pause_;
      }
      if (message.failure) break;
      if (not_before_ > message.deadline) {
        fail(message, SmsResult::Next::retry, reason());
        message.failure->retry_after = pause_;
      } else {
        ++message.unsent;
        ready_.push_front(token);
      }
      break;
    case Meaning::retry:
    case Meaning::rebind:
      fail(message, SmsResult::Next::retry, reason());
      break;
    case Meaning::permanent:
      fail(message, SmsResult::Next::permanent, reason());
      break;
  }
  settle(found);
}

void Outgoing::session_lost(const std::string& why) {
  for (auto at = messages_.begin(); at != messages_.end();) {
    Message& message = *at->second;
    if (message.under_way > 0) {
      message.under_way = 0;
      fail(message, SmsResult::Next::retry,
           "no answer came before the session ended, so it may arrive twice: " + why);
    }
    at = settle(at);
  }
}

void Outgoing::tick(Duration now, const std::string& problem) {
  for (auto at = messages_.begin(); at != messages_.end();) {
    Message& message = *at->second;
    if (now < message.deadline) break;  // patience is the same for all, so the next ones came later
    if (message.unsent > 0)
      fail(message, SmsResult::Next::retry,
           problem.empty()
               ? "it waited too long for its turn: the message centre takes fewer than are sent"
               : problem);
    at = settle(at);
  }
}

void Outgoing::end_waiting(const std::string& why) {
  for (auto at = messages_.begin(); at != messages_.end();) {
    if (at->second->unsent > 0) fail(*at->second, SmsResult::Next::retry, why);
    at = settle(at);
  }
}

Duration Outgoing::deadline(bool can_submit) const {
  Duration deadline = Duration::max();
  if (can_submit && !ready_.empty()) deadline = not_before_;
  for (const auto& [number, message] : messages_)
    if (message->unsent > 0) return std::min(deadline, message->deadline);
  return deadline;
}

}  // namespace belfry::sinks::smpp

#include "sinks/gateway_answer.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <simdjson.h>

#include <algorithm>

namespace belfry::sinks {
namespace {

namespace dom = simdjson::dom;
using Next = SmsResult::Next;

constexpr size_t kQuoted = 200;  // bytes of an answer that a reason repeats

bool may_pass(int status) {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 408:
    case 425:
    case 429:
      return true;
    default:
      return status >= 500;
  }
}

std::string quote(std::string_view body) {
  std::string text(body.substr(0, kQuoted));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (body.size() > kQuoted) text += "…";
  return text;
}

// A string or a number, as text; empty if there is none.
std::string text_at(const dom::element& document, std::string_view pointer) {
  dom::element found;
  if (document.at_pointer(pointer).get(found)) return {};
  std::string_view text;
  if (!found.get_string().get(text)) return std::string(text);
  int64_t number = 0;
  if (!found.get_int64().get(number)) return std::to_string(number);
  return {};
}

// The verdict of the status alone; none of it is accepted yet.
SmsResult from_status(const http::Response& response, WallTime now) {
  SmsResult result;
  if (response.status == 0) {
    result.next = response.refused ? Next::permanent : Next::retry;
    result.reason = response.error;
  } else if (response.status >= 200 && response.status < 300) {
    result.next = Next::accepted;
  } else {
    result.next = may_pass(response.status) ? Next::retry : Next::permanent;
    result.reason = fmt::format("the gateway answered {}", response.status);
    if (!response.body.empty()) result.reason += ": " + quote(response.body);
    if (result.next == Next::retry) result.retry_after = http::retry_after(response, now);
  }
  return result;
}

}  // namespace

SmsResult judge_answer(const http::Response& response, const AnswerRules& rules, WallTime now) {
  SmsResult result = from_status(response, now);
  if (result.next != Next::accepted) return result;
  if (!rules.accepted.empty() && !RE2::PartialMatch(response.body, rules.accepted)) {
    result.next = Next::permanent;
    result.reason = fmt::format("the gateway answered {} but not as `accepted` wants: {}",
                                response.status, quote(response.body));
    return result;
  }
  dom::parser parser;
  dom::element document;
  if (!rules.id_pointer.empty() && !parser.parse(response.body).get(document))
    if (auto id = text_at(document, rules.id_pointer); !id.empty())
      result.ids.push_back(std::move(id));
  return result;
}

SmsResult judge_twilio(const http::Response& response, WallTime now) {
  SmsResult result = judge_answer(response, {{}, "/sid"}, now);
  dom::parser parser;
  dom::element document;
  if (result.next == Next::accepted || response.status == 0 ||
      parser.parse(response.body).get(document))
    return result;
  if (const auto message = text_at(document, "/message"); !message.empty())
    result.reason = fmt::format("Twilio refused with {} (error {}): {}", response.status,
                                text_at(document, "/code"), quote(message));
  return result;
}

SmsResult judge_vonage(const http::Response& response, WallTime now) {
  SmsResult result = from_status(response, now);
  if (result.next != Next::accepted) return result;
  dom::parser parser;
  dom::element document;
  dom::array messages;
  if (parser.parse(response.body).get(document) ||
      document.at_pointer("/messages").get_array().get(messages) || messages.size() == 0) {
    // Whether it was sent is not known: at least once.
    return {Next::retry,
            "Vonage answered without a list of messages: " + quote(response.body),
            {},
            {},
            0};
  }
  result.parts = messages.size();
  size_t accepted = 0, place = 0;
  std::string trouble;
  bool permanent = false;
  for (const dom::element message : messages) {
    ++place;
    const std::string status = text_at(message, "/status");
    if (status == "0") {
      ++accepted;
      if (auto id = text_at(message, "/message-id"); !id.empty())
        result.ids.push_back(std::move(id));
      continue;
    }
    static constexpr std::string_view kMayPass[] = {"1", "4", "5", "8", "9", "10", "11"};
    permanent |= std::find(std::begin(kMayPass), std::end(kMayPass), status) == std::end(kMayPass);
    if (trouble.empty())
      trouble = fmt::format("Vonage refused part {} of {} with status {}: {}", place, result.parts,
                            status, quote(text_at(message, "/error-text")));
  }
  if (accepted == result.parts) return result;
  result.ids.clear();
  result.next = permanent ? Next::permanent : Next::retry;
  result.reason =
      trouble + (accepted > 0 ? fmt::format(" ({} parts were accepted)", accepted) : "");
  return result;
}

}  // namespace belfry::sinks

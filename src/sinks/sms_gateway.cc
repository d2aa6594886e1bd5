#include "sinks/sms_gateway.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <functional>
#include <mutex>

#include "sinks/sms_message.h"
#include "sinks/sms_template.h"

namespace belfry::sinks {
namespace {

using Judge = std::function<SmsResult(const http::Response&, WallTime)>;

// https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
void fill_in_twilio(GatewaySettings& settings, Judge& judge) {
  if (settings.url.empty())
    settings.url = "https://api.twilio.com/2010-04-01/Accounts/{{account}}/Messages.json";
  // A messaging service stands as the sender by its own field.
  const bool service = settings.from.size() == 34 && settings.from.starts_with("MG");
  if (settings.body.empty())
    settings.body = service ? "To={{to}}&MessagingServiceSid={{from}}&Body={{text}}"
                            : "To={{to}}&From={{from}}&Body={{text}}";
  if (settings.user.empty()) settings.user = settings.account;
  judge = judge_twilio;
}

// https://developer.vonage.com/en/api/sms
void fill_in_vonage(GatewaySettings& settings, Judge& judge) {
  if (settings.url.empty()) settings.url = "https://rest.nexmo.com/sms/json";
  if (settings.body.empty())
    settings.body =
        R"({"api_key": "{{user}}", "api_secret": "{{password}}", "from": "{{from}}", "to": "{{to_digits}}", )"
        R"("text": "{{text}}", "type": "{{type}}"})";
  judge = judge_vonage;
}

bool is_json(std::string_view body) {
  const size_t first = body.find_first_not_of(" \t\r\n");
  return first != body.npos && (body[first] == '{' || body[first] == '[');
}

std::string host_of(std::string_view url) {
  const size_t begin = std::min(url.find("//"), url.size() - 2) + 2;
  return std::string(
      url.substr(begin, std::min(url.find_first_of("/?", begin), url.size()) - begin));
}

// The counters, shared with requests under way.
struct State {
  std::mutex mutex;
  SmsSenderStatus status;
};

class Gateway final : public SmsSender {
 public:
  Gateway(GatewaySettings settings, http::Client& client, Clock& clock, Judge judge)
      : settings_(std::move(settings)), client_(client), clock_(clock), judge_(std::move(judge)) {
    state_->status.provider = "gateway " + host_of(settings_.url);
  }

  Result<void> parse() {
    if (settings_.url.size() < 8) return fail("an SMS gateway needs a url");
    auto url = SmsTemplate::parse(settings_.url, Escaping::percent);
    if (!url) return tl::unexpected(std::move(url).with_context("url").error());
    url_ = std::move(*url);
    auto body = SmsTemplate::parse(settings_.body,
                                   is_json(settings_.body) ? Escaping::json : Escaping::percent);
    if (!body) return tl::unexpected(std::move(body).with_context("body").error());
    body_ = std::move(*body);
    bool typed = settings_.body.empty();
    for (const auto& [name, value] : settings_.headers) {
      auto header = SmsTemplate::parse(value, Escaping::none);
      if (!header) return tl::unexpected(std::move(header).with_context("header " + name).error());
      headers_.emplace_back(name, std::move(*header));
      typed |= http::equal_fold(name, "content-type");
    }
    if (!typed)
      headers_.emplace_back(
          "Content-Type",
          *SmsTemplate::parse(
              is_json(settings_.body) ? "application/json" : "application/x-www-form-urlencoded",
              Escaping::none));
    return {};
  }

  void send(Sms sms, Callback<SmsResult> done) override {
    if (auto problem = phone_number_problem(sms.to))
      return finish(*state_, {SmsResult::Next::permanent, std::move(*problem), {}, {}, 0}, done);
    const SmsText split = split_sms(sms.text);
    const SmsTemplate::Values values = {
        {"to", sms.to},
        {"to_digits", sms.to.substr(1)},
        {"from", settings_.from},
        {"text", sms.text},
        {"type", split.encoding == SmsEncoding::ucs2 ? "unicode" : "text"},
        {"account", settings_.account},
        {"user", settings_.user},
        {"password", settings_.password}};
    http::Request request;
    request.method = settings_.method.empty() ? "POST" : settings_.method;
    request.url = url_.render(values);
    request.body = body_.render(values);
    for (const auto& [name, value] : headers_)
      request.headers.emplace_back(name, value.render(values));
    // Credentials that stand in the body or URL are not sent a second time.
    const bool named = (settings_.url + settings_.body).find("{{password}}") != std::string::npos;
    if (!named) request.user = settings_.user, request.password = settings_.password;
    request.timeout = settings_.timeout;
    {
      std::lock_guard lock(state_->mutex);
      ++state_->status.waiting;
    }
    client_.send(std::move(request),
                 [state = state_, judge = judge_, &clock = clock_, parts = split.parts.size(),
                  done = std::move(done)](http::Response response) mutable {
                   SmsResult result = judge(response, clock.now());
                   if (result.parts <= 1) result.parts = parts;
                   {
                     std::lock_guard lock(state->mutex);
                     --state->status.waiting;
                     state->status.throttled += response.status == 429;
                     state->status.ready = result.next != SmsResult::Next::retry;
                     state->status.problem = state->status.ready ? "" : result.reason;
                   }
                   finish(*state, std::move(result), done);
                 });
  }

  SmsSenderStatus status() const override {
    std::lock_guard lock(state_->mutex);
    return state_->status;
  }

 private:
  static void finish(State& state, SmsResult result, Callback<SmsResult>& done) {
    {
      std::lock_guard lock(state.mutex);
      switch (result.next) {
        case SmsResult::Next::accepted:
          ++state.status.accepted;
          break;
        case SmsResult::Next::retry:
          ++state.status.retried;
          break;
        case SmsResult::Next::permanent:
          ++state.status.refused;
          break;
      }
    }
    done(std::move(result));
  }

  const GatewaySettings settings_;
  http::Client& client_;
  Clock& clock_;
  const Judge judge_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
  SmsTemplate url_, body_;
  std::vector<std::pair<std::string, SmsTemplate>> headers_;
};

}  // namespace

Result<std::unique_ptr<SmsSender>> make_sms_gateway(GatewaySettings settings, http::Client& client,
                                                    Clock& clock) {
  Judge judge;
  if (settings.preset == "twilio")
    fill_in_twilio(settings, judge);
  else if (settings.preset == "vonage")
    fill_in_vonage(settings, judge);
  else if (!settings.preset.empty())
    return fail(fmt::format("there is no SMS gateway preset '{}': expected twilio or vonage",
                            settings.preset));
  if (!settings.preset.empty() && settings.from.empty())
    return fail(fmt::format("the {} preset needs `from`, the sender", settings.preset));
  if (settings.preset == "twilio" && settings.account.empty() &&
      settings.url.find("{{account}}") != std::string::npos)
    return fail("the twilio preset needs `account`, the account SID");
  if (!settings.accepted.empty()) {
    const RE2 pattern(settings.accepted, RE2::Quiet);
    if (!pattern.ok())
      return fail(
          fmt::format("accepted: '{}' is no pattern: {}", settings.accepted, pattern.error()));
  }
  if (judge && !(settings.accepted.empty() && settings.id_pointer.empty()))
    return fail(fmt::format(
        "the {} preset reads its answers itself: leave out `accepted` and the pointer to the id",
        settings.preset));
  if (!judge)
    judge = [rules = AnswerRules{settings.accepted, settings.id_pointer}](
                const http::Response& response, WallTime now) {
      return judge_answer(response, rules, now);
    };
  auto gateway = std::make_unique<Gateway>(std::move(settings), client, clock, std::move(judge));
  if (auto parsed = gateway->parse(); !parsed) return tl::unexpected(parsed.error());
  return std::unique_ptr<SmsSender>(std::move(gateway));
}

}  // namespace belfry::sinks

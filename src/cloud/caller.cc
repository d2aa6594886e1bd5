#include "cloud/caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <ctime>
#include <future>
#include <mutex>
#include <pugixml.hpp>

#include "aws/sigv4.h"
#include "cloud/endpoint.h"

namespace belfry::cloud {

namespace {

constexpr size_t kMostAnswer = 8 << 20;

// Error codes that AWS's SDKs retry; services differ in their words.
bool is_throttling(std::string_view code) {
  static constexpr std::string_view kCodes[] = {"BandwidthLimitExceeded",
                                                "EC2ThrottledException",
                                                "LimitExceededException",
                                                "PriorRequestNotComplete",
                                                "ProvisionedThroughputExceededException",
                                                "RequestLimitExceeded",
                                                "RequestThrottled",
                                                "RequestThrottledException",
                                                "SlowDown",
                                                "ThrottledException",
                                                "Throttling",
                                                "ThrottlingException",
                                                "TooManyRequestsException",
                                                "TransactionInProgressException"};
  return std::ranges::find(kCodes, code) != std::end(kCodes);
}

bool is_expired(std::string_view code) {
  return code == "ExpiredToken" || code == "ExpiredTokenException" || code == "RequestExpired";
}

bool is_skewed(std::string_view code) {
  return code == "RequestTimeTooSkewed" || code == "RequestExpired" ||
         code == "InvalidSignatureException" || code == "SignatureDoesNotMatch";
}

// "com.amazonaws.sqs#QueueDoesNotExist" or "ThrottlingException:http://…"
std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const size_t hash = code.rfind('#'); hash != std::string_view::npos)
    code.remove_prefix(hash + 1);
  return std::string(code);
}

void read_json_error(const std::string& body, Refusal& refusal) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) return;
  for (const auto& [key, text] : value.get_object()) {
    if (!text.is_string()) continue;
    // Not "Type": Lambda says there whose fault it was, and the code in a header.
    if (key == "__type" || key == "code") refusal.code = bare_code(text.get_string());
    if (key == "message" || key == "Message") refusal.message = text.get_string();
  }
}

void read_xml_error(const std::string& body, Refusal& refusal) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return;
  const auto error = document.select_node("//*[local-name()='Error']").node();
  refusal.code = error.child_value("Code");
  refusal.message = error.child_value("Message");
}

Refusal refusal_of(const http::Response& response, WallTime now) {
  Refusal refusal;
  refusal.status = response.status;
  if (response.status == 0) {
    refusal.message = response.error;
    refusal.passing = !response.refused;
    return refusal;
  }
  const auto first = response.body.find_first_not_of(" \r\n\t");
  if (first != std::string::npos && response.body[first] == '<')
    read_xml_error(response.body, refusal);
  else
    read_json_error(response.body, refusal);
  if (const auto* type = response.header("x-amzn-errortype"); type && refusal.code.empty())
    refusal.code = bare_code(*type);
  if (refusal.code.empty()) refusal.code = fmt::format("HTTP {}", response.status);
  refusal.passing = response.status >= 500 || response.status == 429 ||
                    is_throttling(refusal.code) || is_expired(refusal.code);
  refusal.retry_after = http::retry_after(response, now);
  return refusal;
}

// How far the service's clock is ahead of ours, by its Date header.
std::optional<Duration> skew_of(const http::Response& response, WallTime now) {
  const auto* date = response.header("date");
  if (!date) return {};
  std::tm parts{};
  if (!::strptime(date->c_str(), "%a, %d %b %Y %H:%M:%S", &parts)) return {};
  return WallTime(std::chrono::seconds(::timegm(&parts))) - now;
}

std::string host_of(const std::string& url) {
  const size_t begin = url.find("://") + 3;
  return url.substr(begin, url.find('/', begin) - begin);
}

class CallerImpl final : public Caller {
 public:
  CallerImpl(CallerSettings settings, CredentialChain& credentials, Environment environment,
             const Clock& clock, Random& random, Executor& executor)
      : settings_(std::move(settings)),
        credentials_(credentials),
        environment_(std::move(environment)),
        clock_(clock),
        random_(random),
        executor_(executor),
        client_(
            http::Client::create({.allow_private_networks = true, .connections_per_host = 64})) {}

  ~CallerImpl() override { stop(); }

  void stop() override {
    stopping_->store(true);
    std::unique_ptr<http::Client> client;
    {
      std::lock_guard lock(client_mutex_);
      client.swap(client_);
    }
  }

  const std::string& region() const override { return settings_.region; }

  void call(Call call, Callback<Reply> done) override {
    attempt(std::make_shared<Pending>(Pending{std::move(call), std::move(done), 1}));
  }

 private:
  struct Pending {
    Call call;
    Callback<Reply> done;
    uint32_t attempt;
  };
  using PendingPtr = std::shared_ptr<Pending>;

  void attempt(PendingPtr pending) {
    credentials_.get([this, pending](Result<aws::Credentials> credentials) {
      if (!credentials) return pending->done(Refusal{"", credentials.error().message, 0, true, {}});
      send(pending, *credentials);
    });
  }

  void send(const PendingPtr& pending, const aws::Credentials& credentials) {
    const Call& call = pending->call;
    const std::string base = call.url.empty() ? find_endpoint(settings_.endpoint, call.service,
                                                              settings_.region, environment_)
                                              : call.url;
    http::Request request;
    request.method = call.method;
    request.url = base + call.path;
    request.headers = call.headers;
    request.headers.emplace_back("Host", host_of(base));
    request.body = call.body;
    request.timeout = settings_.timeout;
    request.response_limit = kMostAnswer;
    const size_t query = call.path.find('?');
    const aws::SignedParts parts{call.method, std::string_view(call.path).substr(0, query),
                                 query == std::string::npos
                                     ? std::string_view()
                                     : std::string_view(call.path).substr(query + 1),
                                 &request.headers, request.body};
    const WallTime now = clock_.now() + Duration(skew_.load());
    auto signature = aws::sign(parts, credentials, {settings_.region, call.service}, now);
    request.headers.insert(request.headers.end(), signature.begin(), signature.end());
    std::lock_guard lock(client_mutex_);
    if (!client_) return pending->done(Refusal{"", "belfry is stopping", 0, true, {}});
    client_->send(std::move(request), [this, pending, credentials](http::Response response) {
      answered(pending, credentials, response);
    });
  }

  void answered(const PendingPtr& pending, const aws::Credentials& credentials,
                const http::Response& response) {
    if (response.status >= 200 && response.status < 300)
      return pending->done(Answer{response.status, response.headers, response.body});
    Refusal refusal = refusal_of(response, clock_.now());
    if (is_expired(refusal.code)) credentials_.forget(credentials);
    // A clock that is wrong by minutes is told by the service's own.
    const auto skew = skew_of(response, clock_.now());
    const bool skewed = skew && is_skewed(refusal.code) &&
                        std::chrono::abs(*skew - Duration(skew_.load())) > std::chrono::minutes(4);
    if (skewed) skew_ = skew->count();
    if (!(refusal.passing || skewed) || pending->attempt >= settings_.attempts || stopping_->load())
      return pending->done(std::move(refusal));
    const Duration most = std::min<Duration>(
        settings_.most_pause, std::chrono::seconds(1) * (1 << std::min(pending->attempt, 10U)));
    const auto jitter = Duration(random_.below(static_cast<uint64_t>(most.count())));
    ++pending->attempt;
    executor_.post_after(
        skewed ? Duration(0) : std::max(jitter, refusal.retry_after.value_or(Duration(0))),
        [this, pending, stopping = stopping_] {
          if (stopping->load())
            return pending->done(Refusal{"", "belfry is stopping", 0, true, {}});
          attempt(pending);
        });
  }

  const CallerSettings settings_;
  CredentialChain& credentials_;
  const Environment environment_;
  const Clock& clock_;
  Random& random_;
  Executor& executor_;
  std::atomic<Duration::rep> skew_{0};
  std::shared_ptr<std::atomic<bool>> stopping_ = std::make_shared<std::atomic<bool>>(false);
  std::recursive_mutex client_mutex_;     // a request may end at once, inside send()
  std::unique_ptr<http::Client> client_;  // none: stopped
};

}  // namespace

std::string describe(const Refusal& refusal) {
  return refusal.code.empty() ? refusal.message
                              : fmt::format("{}: {}", refusal.code, refusal.message);
}

std::unique_ptr<Caller> Caller::create(CallerSettings settings, CredentialChain& credentials,
                                       Environment environment, const Clock& clock, Random& random,
                                       Executor& executor) {
  return std::make_unique<CallerImpl>(std::move(settings), credentials, std::move(environment),
                                      clock, random, executor);
}

Reply Caller::call(Call call) {
  std::promise<Reply> promise;
  this->call(std::move(call), [&](Reply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

Call json_call(std::string service, std::string_view version, std::string_view target,
               std::string body) {
  Call call;
  call.service = std::move(service);
  call.headers = {{"Content-Type", fmt::format("application/x-amz-json-{}", version)},
                  {"X-Amz-Target", std::string(target)}};
  call.body = std::move(body);
  return call;
}

}  // namespace belfry::cloud

#include "sinks/push.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "http/url.h"
#include "sinks/jwt.h"
#include "sinks/note.h"
#include "sinks/push_message.h"
#include "topic/platform.h"

namespace belfry::sinks {
namespace {

namespace json = boost::json;
using pipeline::Outcome;

constexpr char kScope[] = "https://www.googleapis.com/auth/firebase.messaging";
constexpr char kGrant[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr char kApple[] = "https://api.push.apple.com";
constexpr char kAppleSandbox[] = "https://api.sandbox.push.apple.com";
constexpr Duration kTokenLife = std::chrono::minutes(50);  // of the hour that both services allow
constexpr size_t kAnswerShown = 300;

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto parsed = json::parse({text.data(), text.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

std::string text_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string attribute(const topic::PlatformAttributes& from, std::string_view name) {
  const auto found = from.find(name);
  return found == from.end() ? std::string() : found->second;
}

int64_t seconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// One message on its way.
struct Job {
  std::string endpoint;
  topic::PlatformAttributes device, application;
  std::string body;
  queue::Attributes attributes;  // of the message
  WallTime sent{};
  Callback<Outcome> done;
};

class Push final : public PushService {
 public:
  Push(PushSettings settings, http::Client& client, queue::Store& store, Clock& clock)
      : settings_(std::move(settings)), client_(client), store_(store), clock_(clock) {}

  void send(const std::string& endpoint, const queue::Received& message,
            Callback<Outcome> done) override {
    auto job = std::make_shared<Job>();
    job->endpoint = endpoint;
    job->body = message.message.body;
    job->attributes = message.message.attributes;
    job->sent = message.sent;
    job->done = std::move(done);
    auto device = topic::read_platform(store_, endpoint);
    if (!device) return job->done(Outcome::permanent("the platform endpoint was deleted"));
    auto application = topic::read_platform(store_, topic::application_of(endpoint));
    if (!application) return job->done(Outcome::permanent("the platform application was deleted"));
    job->device = std::move(*device);
    job->application = std::move(*application);
    if (attribute(job->device, "Enabled") == "false")
      return job->done(Outcome::permanent("the platform endpoint is disabled"));
    const std::string_view platform = topic::platform_of(endpoint);
    if (platform == "GCM") return fcm(std::move(job));
    if (platform.starts_with("APNS")) return apns(std::move(job));
    job->done(Outcome::permanent(
        fmt::format("belfry delivers to GCM and APNS endpoints, not to {}", platform)));
  }

 private:
  struct Token {
    std::string text;
    WallTime ends{};
  };

  std::optional<std::string> known_token(const std::string& credential) {
    std::lock_guard lock(mutex_);
    const auto found = tokens_.find(credential);
    if (found == tokens_.end() || found->second.ends <= clock_.now()) return std::nullopt;
    return found->second.text;
  }
  void keep_token(const std::string& credential, std::string text) {
    std::lock_guard lock(mutex_);
    tokens_[credential] = {std::move(text), clock_.now() + kTokenLife};
  }
  void forget_token(const std::string& credential) {
    std::lock_guard lock(mutex_);
    tokens_.erase(credential);
  }

  // A service account's JSON becomes an access token first ("Using OAuth 2.0 for server to server
  // applications", Google).
  void fcm(std::shared_ptr<Job> job) {
    const std::string credential = attribute(job->application, "PlatformCredential");
    const auto account = parse_object(credential);
    if (!account || text_of(*account, "project_id").empty())
      return job->done(Outcome::permanent(
          "the platform credential is no service account's JSON: FCM has no other any more"));
    const std::string url = fmt::format("{}/v1/projects/{}/messages:send", settings_.fcm,
                                        http::percent_encode(text_of(*account, "project_id")));
    if (auto token = known_token(credential)) return fcm_send(std::move(job), url, *token);
    const int64_t now = seconds_of(clock_.now());
    const std::string claims =
        json::serialize(json::object{{"iss", text_of(*account, "client_email")},
                                     {"scope", kScope},
                                     {"aud", text_of(*account, "token_uri")},
                                     {"iat", now},
                                     {"exp", now + 3600}});
    auto assertion = sign_jwt(JwtAlgorithm::rs256, text_of(*account, "private_key_id"), claims,
                              text_of(*account, "private_key"));
    if (!assertion) return job->done(Outcome::permanent(std::move(assertion.error().message)));
    http::Request request;
    request.method = "POST";
    request.url = text_of(*account, "token_uri");
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = fmt::format("grant_type={}&assertion={}", http::percent_encode(kGrant),
                               http::percent_encode(*assertion));
    client_.send(std::move(request), [this, job = std::move(job), url,
                                      credential](http::Response response) mutable {
      const auto answer = parse_object(response.body);
      const std::string token = answer ? text_of(*answer, "access_token") : std::string();
      if (response.status != 200 || token.empty()) return job->done(failed(response, "token"));
      keep_token(credential, token);
      fcm_send(std::move(job), url, token);
    });
  }

  void fcm_send(std::shared_ptr<Job> job, const std::string& url, const std::string& token) {
    http::Request request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    request.body = fcm_body(job->body, attribute(job->device, "Token"), job->attributes);
    client_.send(std::move(request), [this, job = std::move(job)](http::Response response) {
      const bool gone =
          response.status == 404 || response.body.find("UNREGISTERED") != std::string::npos;
      finish(*job, response, gone);
    });
  }

  // "Establishing a token-based connection to APNs", Apple.
  void apns(std::shared_ptr<Job> job) {
    const std::string key = attribute(job->application, "PlatformCredential"),
                      key_id = attribute(job->application, "PlatformPrincipal"),
                      team = attribute(job->application, "ApplePlatformTeamID"),
                      bundle = attribute(job->application, "ApplePlatformBundleID");
    if (team.empty() || bundle.empty())
      return job->done(
          Outcome::permanent("the platform application has no ApplePlatformTeamID and "
                             "ApplePlatformBundleID: belfry signs with a key, not by certificate"));
    auto token = known_token(key);
    if (!token) {
      const std::string claims =
          json::serialize(json::object{{"iss", team}, {"iat", seconds_of(clock_.now())}});
      auto made = sign_jwt(JwtAlgorithm::es256, key_id, claims, key);
      if (!made) return job->done(Outcome::permanent(std::move(made.error().message)));
      token = *made;
      keep_token(key, *made);
    }
    const std::string_view platform = topic::platform_of(job->endpoint);
    const bool sandbox = platform.ends_with("SANDBOX");
    http::Request request;
    request.method = "POST";
    request.url =
        fmt::format("{}/3/device/{}",
                    settings_.apns.empty() ? (sandbox ? kAppleSandbox : kApple) : settings_.apns,
                    http::percent_encode(attribute(job->device, "Token")));
    request.body = apns_body(job->body);
    request.headers = apns_headers(job->attributes, platform, bundle, request.body, job->sent);
    request.headers.emplace_back("authorization", "bearer " + *token);
    client_.send(std::move(request), [this, job = std::move(job)](http::Response response) {
      finish(*job, response, response.status == 410);
    });
  }

  void finish(Job& job, const http::Response& response, bool gone) {
    if (response.status == 200) return job.done(Outcome::done());
    if (gone) {
      job.device["Enabled"] = "false";
      queue::Batch batch;
      topic::write_platform(job.endpoint, job.device, batch);
      store_.commit(std::move(batch), [](queue::Committed) {});
      return job.done(Outcome::permanent("the device is gone: the endpoint is disabled now"));
    }
    if (response.status == 401 || response.status == 403)
      forget_token(attribute(job.application, "PlatformCredential"));
    job.done(failed(response, "push"));
  }

  Outcome failed(const http::Response& response, std::string_view what) const {
    if (response.status == 0)
      return response.refused ? Outcome::permanent(response.error) : Outcome::retry(response.error);
    std::string reason = fmt::format("the {} service answered {}: {}", what, response.status,
                                     response.body.substr(0, kAnswerShown));
    const bool may_pass = response.status == 401 || response.status == 403 ||
                          response.status == 429 || response.status >= 500;
    if (may_pass)
      return Outcome::retry(std::move(reason), http::retry_after(response, clock_.now()));
    return Outcome::permanent(std::move(reason));
  }

  const PushSettings settings_;
  http::Client& client_;
  queue::Store& store_;
  Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Token> tokens_;  // by credential
};

class PushHandler final : public pipeline::Handler {
 public:
  PushHandler(PushService& service, std::string endpoint)
      : service_(service), endpoint_(std::move(endpoint)) {}

  void handle(const queue::Received& message, Callback<Outcome> done) override {
    service_.send(recipient_of(message.message, endpoint_), message, std::move(done));
  }

 private:
  PushService& service_;
  const std::string endpoint_;
};

}  // namespace

std::unique_ptr<PushService> push_service(PushSettings settings, http::Client& client,
                                          queue::Store& store, Clock& clock) {
  return std::make_unique<Push>(std::move(settings), client, store, clock);
}

std::shared_ptr<pipeline::Handler> push_handler(PushService& service, std::string endpoint) {
  return std::make_shared<PushHandler>(service, std::move(endpoint));
}

}  // namespace belfry::sinks

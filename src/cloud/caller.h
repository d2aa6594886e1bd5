// Calls to AWS: signed, retried, and told apart by what the caller does next. Everything belfry
// asks of a real AWS service goes through here; what the calls say is in the file of each use
// (sqs_sink.h, dynamodb_places.h …).
//
// Retries follow AWS's advice ("Retry behavior", standard mode): three attempts, throttling and
// failures of the service only, with full jitter and the pause that the service asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/callback.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/result.h"
#include "cloud/credentials.h"
#include "http/client.h"

namespace belfry::cloud {

struct CallerSettings {
  std::string region;
  std::string endpoint;  // of every service: "http://127.0.0.1:4566"; empty: AWS's own
  uint32_t attempts = 3;
  Duration most_pause = std::chrono::seconds(20);
  Duration timeout = std::chrono::seconds(30);  // of one attempt
};

struct Call {
  std::string service;  // as its endpoint and its signatures name it: "sqs"
  std::string method = "POST";
  std::string path = "/";  // percent-encoded
  http::Headers headers;   // Content-Type, X-Amz-Target; not host
  std::string body;
  std::string url;  // scheme and host to go to instead; empty: the service's endpoint
};

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;
};

struct Refusal {
  std::string code;  // "ThrottlingException"; empty: no answer came
  std::string message;
  int status = 0;
  bool passing = false;  // trying again later may help: throttling, the service's own failure, the
                         // network
  std::optional<Duration> retry_after;
};

using Reply = std::variant<Answer, Refusal>;

std::string describe(const Refusal& refusal);  // "AccessDenied: User … is not authorized"

// Thread-safe. Endpoints are the operator's choice and may be on a private network, as VPC
// endpoints are.
class Caller {
 public:
  // What is given must outlive it.
  static std::unique_ptr<Caller> create(CallerSettings settings, CredentialChain& credentials,
                                        Environment environment, const Clock& clock, Random& random,
                                        Executor& executor);
  virtual ~Caller() = default;

  // Outstanding calls, and those that come after, end with a passing refusal.
  virtual void stop() = 0;

  // done is called once, from any thread.
  virtual void call(Call call, Callback<Reply> done) = 0;
  Reply call(Call call);  // waits

  virtual const std::string& region() const = 0;
};

// AWS JSON: POST / with X-Amz-Target.
Call json_call(std::string service, std::string_view version, std::string_view target,
               std::string body);

}  // namespace belfry::cloud

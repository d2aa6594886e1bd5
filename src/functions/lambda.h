// The words that everything about Lambda functions shares: what a function is, what it is called
// with, and what comes of it. lambda_host.h runs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"

namespace belfry::functions {

// AWS's bounds.
inline constexpr size_t kLargestPayload = 6 * 1024 * 1024;  // of an event or a result, bytes
inline constexpr size_t kLargestResult = kLargestPayload + 100;
inline constexpr Duration kLongestTimeout = std::chrono::seconds(900);
inline constexpr size_t kLogTail = 4096;  // bytes of the log that an invocation's caller may have

enum class Language { nodejs, python, custom };

// "nodejs20.x", "nodejs", "python3.12", "python", "provided.al2023", "provided"; none: another.
std::optional<Language> language_of(std::string_view runtime);

struct LambdaSettings {
  std::string name;
  std::string arn;  // arn:aws:lambda:REGION:ACCOUNT:function:NAME
  std::string region = "us-east-1";
  std::string runtime;
  std::string handler;
  std::string code;  // the folder it runs in
  Duration timeout = std::chrono::seconds(3);
  uint32_t memory = 128;    // MiB
  size_t concurrency = 10;  // environments at once
  std::vector<std::pair<std::string, std::string>> environment;
  std::string access_key = "belfry", secret_key = "belfry";  // its SDKs sign with
};

struct Invocation {
  std::string event;  // JSON
  std::string trace;  // X-Amzn-Trace-Id; may be empty
  std::string client_context;
};

struct [[nodiscard]] InvocationResult {
  enum class Kind {
    done,       // payload is what the handler returned
    error,      // the function failed: payload is {"errorMessage": …, "errorType": …}
    throttled,  // not begun: too many wait already
    unknown,    // there is no such function, or no longer
  };
  Kind kind = Kind::done;
  std::string payload;     // JSON
  std::string request_id;  // empty if it was not begun
  std::string log_tail;    // the end of what it printed, at most kLogTail bytes
  // error: "Task timed out after 3.00 seconds", for people.
  std::string reason() const;
};

}  // namespace belfry::functions

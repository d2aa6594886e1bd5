// Runs Lambda functions on this machine: unmodified handlers in Node.js and Python, and custom
// runtimes, each in processes of its own that speak Lambda's Runtime API with us.
//
//   auto host = LambdaHost::start(files, clock, random, {...});
//   (*host)->put(settings);
//   (*host)->invoke("announce", {event}, LambdaHost::Wait::yes, [](InvocationResult result) {…});
//
// Whoever has events for a function (an event source mapping, the Lambda API, a topic's
// subscription) calls invoke() and decides by the result; nothing is kept here, so what must
// survive a crash stays in its queue until the result is there.
//
// Thread-safe. Callbacks run on the host's thread: they must be short.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "functions/function_log.h"
#include "functions/function_pool.h"
#include "functions/lambda.h"
#include "functions/process_loop.h"

namespace belfry::functions {

class LambdaHost {
 public:
  struct Options {
    std::string folder;  // DATA/functions: logs, runtimes, scratch space
  };
  enum class Wait { yes, no };  // for a free environment; else throttled

  static Result<std::unique_ptr<LambdaHost>> start(FileSystem& files, Clock& clock, Random& random,
                                                   Options options);
  ~LambdaHost();  // ends every process; what is under way is told that it failed

  // Where the functions' SDKs go: "http://127.0.0.1:4566". Before the first invoke().
  void set_endpoint(std::string endpoint);

  Result<void> put(const LambdaSettings& settings);  // makes or replaces, by name
  void remove(const std::string& name);              // its log stays
  std::optional<LambdaSettings> find(const std::string& name) const;
  std::vector<std::string> names() const;

  void invoke(const std::string& name, Invocation invocation, Wait wait,
              Callback<InvocationResult> done);

  FunctionCounts counts(const std::string& name);             // zero if there is no such function
  std::shared_ptr<FunctionLog> log(const std::string& name);  // null if there is none

 private:
  struct Function;
  LambdaHost(FileSystem& files, Clock& clock, Random& random, Options options);

  const Options options_;
  ExecutionEnvironment::Shared shared_;  // before the loop: its last tasks use it
  ProcessLoop loop_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Function>> functions_;
};

// The name in "name", "arn:aws:lambda:…:function:name", "…:name:$LATEST"; none: it means no
// function of this host, such as a version or an alias.
std::optional<std::string> function_name(std::string_view name_or_arn);

}  // namespace belfry::functions

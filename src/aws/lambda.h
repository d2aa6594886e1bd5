// AWS Lambda's REST API over the Lambda host: functions made and called by clients, their
// permissions and tags, and event source mappings from queues. What it is told is kept in the
// store (lambda_record.h, lambda_mappings.h), the code in DATA/functions.
//
//   Lambda lambda(parts, options);
//   lambda.resume();                     what was there before
//   front.add_rest(prefix, "lambda", lambda.handle) for each of Lambda::prefixes()
//   lambda.start();                      mappings receive, events are worked off
//
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/lambda_record.h"
#include "aws/service.h"
#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "functions/lambda_host.h"
#include "http/server.h"
#include "queue/store.h"

namespace belfry::aws::lambda {

class Lambda {
 public:
  struct Parts {  // all must outlive it and what it has under way
    queue::Store& store;
    functions::LambdaHost& host;
    FileSystem& files;
    Clock& clock;
    Random& random;
    Executor& executor;
  };
  struct Options {
    std::string folder;  // DATA/functions
    std::string account = "000000000000";
    std::vector<FunctionRecord> fixed;  // belfry.yaml's, which the host has already
    // The keys of the user that a role's last part names; none: there is no such user.
    std::function<std::optional<std::pair<std::string, std::string>>(std::string_view user)> keys;
  };
  Lambda(Parts parts, Options options);
  ~Lambda();

  static std::vector<std::string> prefixes();
  // Of paths that a request's body may be large for: code.
  static bool takes_code(std::string_view path);
  static constexpr size_t kLargestRequest = 70 << 20;  // bytes: 50 MB of zip in base64

  Result<void> resume();
  void start();
  // True if everything under way ended before the deadline.
  bool stop(Duration deadline);

  // Whether the caller may do that to that resource; absent: everybody may everything.
  using Allowed = std::function<std::optional<Fault>(const Caller& caller, std::string_view action,
                                                     std::string_view resource)>;
  void set_allowed(Allowed allowed);  // before the first request
  void handle(http::ServerRequest request, const Caller& caller, http::Respond respond);

  // Durable: then is called when the event is stored (with an empty text) or why it is not. It is
  // tried three times, as Lambda does with asynchronous calls; for a topic's subscription.
  void invoke_later(const std::string& function, std::string event, Callback<Result<void>> then);

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace belfry::aws::lambda

#include "app/lambda_subscription.h"

#include <fmt/format.h>

#include "functions/lambda_host.h"
#include "topic/topics.h"

namespace belfry::app {

namespace {

using functions::InvocationResult;
using pipeline::Outcome;

Outcome outcome_of(const InvocationResult& result, const std::string& endpoint) {
  switch (result.kind) {
    case InvocationResult::Kind::done:
      return Outcome::done();
    case InvocationResult::Kind::unknown:
      return Outcome::permanent(fmt::format("there is no function {}", endpoint));
    case InvocationResult::Kind::error:
    case InvocationResult::Kind::throttled:
      break;
  }
  return Outcome::retry(result.reason());
}

class LambdaSubscription final : public pipeline::Handler {
 public:
  LambdaSubscription(functions::LambdaHost* host, sinks::Subscriber subscriber)
      : host_(host), subscriber_(std::move(subscriber)) {}

  void handle(const queue::Received& copy, Callback<Outcome> done) override {
    const std::string& endpoint = subscriber_.subscription.endpoint;
    const auto name = functions::function_name(endpoint);
    if (!name || !host_)
      return done(Outcome::permanent(fmt::format("there is no function {}", endpoint)));
    functions::Invocation invocation;
    invocation.event = subscriber_.notice(copy).function_event(subscriber_.subscription);
    if (const auto trace = copy.message.system.find(std::string(topic::kTrace));
        trace != copy.message.system.end())
      invocation.trace = trace->second;
    host_->invoke(*name, std::move(invocation), functions::LambdaHost::Wait::yes,
                  [endpoint, done = std::move(done)](InvocationResult result) mutable {
                    done(outcome_of(result, endpoint));
                  });
  }

 private:
  functions::LambdaHost* const host_;
  const sinks::Subscriber subscriber_;
};

}  // namespace

std::shared_ptr<pipeline::Handler> lambda_subscription(functions::LambdaHost* host,
                                                       sinks::Subscriber subscriber) {
  return std::make_shared<LambdaSubscription>(host, std::move(subscriber));
}

}  // namespace belfry::app

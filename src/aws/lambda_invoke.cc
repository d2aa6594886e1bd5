// Invoke: now and with the result, or later and durably.
#include <fmt/format.h>

#include "aws/lambda_state.h"
#include "base/bytes.h"

namespace belfry::aws::lambda {
namespace {

constexpr size_t kLargestEvent = 1 << 20;  // bytes, of a call for later

Fault too_large(size_t limit) {
  return {
      "RequestTooLargeException",
      {},
      fmt::format("Request must be smaller than {} bytes for the InvokeFunction operation", limit),
      413};
}

std::optional<Fault> bad_json(std::string_view body) {
  boost::system::error_code error;
  boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (!error) return {};
  return Fault{"InvalidRequestContentException",
               {},
               "Could not parse request body into json: Could not parse payload into json: " +
                   error.message(),
               400};
}

}  // namespace

void Lambda::State::invoke(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  const auto header = [&](std::string_view name) -> std::string {
    const std::string* value = call->request.header(name);
    return value ? *value : std::string();
  };
  std::string event = std::move(call->request.body);
  if (event.empty()) event = "{}";
  std::string type = header("x-amz-invocation-type");
  if (type.empty()) type = "RequestResponse";
  if (type != "RequestResponse" && type != "Event" && type != "DryRun")
    return call->refuse(constraint(type, "invocationType",
                                   "Member must satisfy enum value set: [Event, RequestResponse, "
                                   "DryRun]"));
  const size_t limit = type == "Event" ? kLargestEvent : functions::kLargestPayload;
  if (event.size() > limit) return call->refuse(too_large(limit));
  if (const auto fault = bad_json(event)) return call->refuse(*fault);
  if (type == "DryRun") return call->nothing();
  if (type == "Event")
    return events.add(
        record->name, std::move(event), call->caller.request_id, [call](Result<void> stored) {
          if (!stored)
            return call->refuse({"ServiceException", {}, stored.error().message, 500, false});
          call->nothing(202);
        });

  functions::Invocation invocation;
  invocation.event = std::move(event);
  invocation.trace = call->caller.trace;
  if (const auto context = unbase64(header("x-amz-client-context"));
      context && !context->empty() && !bad_json(*context))
    invocation.client_context = *context;
  const bool tail = header("x-amz-log-type") == "Tail";
  // Who has reserved concurrency is told when it is used up; else calls wait their turn.
  const auto wait = record->reserved_concurrency ? functions::LambdaHost::Wait::no
                                                 : functions::LambdaHost::Wait::yes;
  parts.host.invoke(
      record->name, std::move(invocation), wait,
      [call, tail, name = record->name](functions::InvocationResult result) {
        using Kind = functions::InvocationResult::Kind;
        if (result.kind == Kind::throttled)
          return call->refuse({"TooManyRequestsException", {}, "Rate Exceeded.", 429});
        if (result.kind == Kind::unknown)
          return call->refuse(
              function_not_found(function_arn(name, call->caller.region, call->caller.account)));
        http::ServerResponse response{200,
                                      {{"Content-Type", "application/json"},
                                       {"X-Amz-Executed-Version", "$LATEST"},
                                       {"x-amzn-RequestId", result.request_id}},
                                      std::move(result.payload),
                                      {}};
        if (result.kind == Kind::error)
          response.headers.emplace_back("X-Amz-Function-Error", "Unhandled");
        if (tail) response.headers.emplace_back("X-Amz-Log-Result", base64(result.log_tail));
        call->respond(std::move(response));
      });
}

// The older call of 2014, which is always for later.
void Lambda::State::invoke_async(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  std::string event = std::move(call->request.body);
  if (event.size() > kLargestEvent) return call->refuse(too_large(kLargestEvent));
  if (const auto fault = bad_json(event)) return call->refuse(*fault);
  events.add(record->name, std::move(event), call->caller.request_id, [call](Result<void> stored) {
    if (!stored) return call->refuse({"ServiceException", {}, stored.error().message, 500, false});
    call->answer({{"Status", 202}}, 202);
  });
}

}  // namespace belfry::aws::lambda

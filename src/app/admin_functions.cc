#include "app/admin_functions.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/admin_answer.h"
#include "aws/lambda.h"
#include "base/nearest.h"
#include "functions/lambda_host.h"

namespace belfry::app {

namespace {

namespace json = boost::json;
using http::error_response;
using http::Respond;
using http::ServerRequest;
using http::ServerResponse;

constexpr uint64_t kMostLines = 10'000;

json::object function_json(functions::LambdaHost& host, const functions::LambdaSettings& it) {
  const functions::FunctionCounts counts = host.counts(it.name);
  return {{"name", it.name},
          {"runtime", it.runtime},
          {"handler", it.handler},
          {"code", it.code},
          {"timeout_seconds", std::chrono::duration<double>(it.timeout).count()},
          {"memory_mb", it.memory},
          {"concurrency", it.concurrency},
          {"environments", counts.environments},
          {"busy", counts.busy},
          {"waiting", counts.waiting},
          {"done", counts.done},
          {"errors", counts.errors},
          {"throttled", counts.throttled},
          {"cold_starts", counts.cold_starts},
          {"last_error", counts.last_error}};
}

class FunctionRoutes {
 public:
  explicit FunctionRoutes(Runtime& runtime) : runtime_(runtime) {}

  void list(Respond respond) const {
    json::array out;
    if (functions::LambdaHost* host = runtime_.lambdas())
      for (const std::string& name : host->names())
        if (const auto it = host->find(name)) out.push_back(function_json(*host, *it));
    respond(json_response({{"functions", std::move(out)}}));
  }

  void show(const ServerRequest& request, Respond respond) const {
    const auto settings = find(request, respond);
    if (settings) respond(json_response(function_json(*runtime_.lambdas(), *settings)));
  }

  // What came after `from`; without it the last `lines`. With `wait`, answers when there is
  // something or that many seconds are over.
  void log(const ServerRequest& request, Respond respond) const {
    const auto settings = find(request, respond);
    if (!settings) return;
    const auto log = runtime_.lambdas()->log(settings->name);
    if (!log) return respond(error_response(404, "there is no log"));
    const auto from = number_parameter(request, "from", 0),
               lines = number_parameter(request, "lines", 100),
               wait = number_parameter(request, "wait", 0);
    if (!from || !lines || !wait)
      return respond(error_response(400, "from, lines and wait take whole numbers"));
    const uint64_t start =
        request.parameter("from") ? *from : log->last_lines(std::min(*lines, kMostLines));
    const auto answer = [log, start] {
      const auto piece = log->read(start);
      return json_response({{"text", piece.text}, {"next", piece.next}});
    };
    const Duration patience = patience_of(*wait);
    if (patience == Duration(0)) return respond(answer());
    auto pending = std::make_shared<Once>(std::move(respond));
    const auto first = [pending, answer] { pending->respond(answer); };
    runtime_.after(patience, first);
    log->when_after(start, first);
  }

  // The body is the event; ?later: kept and handled in its time.
  void invoke(ServerRequest request, Respond respond) const {
    const auto settings = find(request, respond);
    if (!settings) return;
    if (request.parameter("later"))
      return runtime_.lambda_api()->invoke_later(
          settings->name, std::move(request.body),
          [respond = std::move(respond)](Result<void> stored) mutable {
            respond(stored ? json_response({{"stored", true}}, 202)
                           : error_response(503, stored.error().message));
          });
    functions::Invocation invocation;
    invocation.event = std::move(request.body);
    runtime_.lambdas()->invoke(
        settings->name, std::move(invocation), functions::LambdaHost::Wait::yes,
        [respond = std::move(respond)](functions::InvocationResult result) mutable {
          using Kind = functions::InvocationResult::Kind;
          if (result.kind == Kind::throttled || result.kind == Kind::unknown)
            return respond(error_response(429, result.reason()));
          respond(json_response({{"failed", result.kind == Kind::error},
                                 {"result", result.payload},
                                 {"reason", result.reason()},
                                 {"request_id", result.request_id},
                                 {"log", result.log_tail}}));
        });
  }

  // Hands over to the Lambda API, as if a client had asked it.
  void forward(std::string method, std::string path, std::string body, Respond respond) const {
    aws::lambda::Lambda* api = runtime_.lambda_api();
    if (!api)
      return respond(error_response(
          409, "functions need the AWS-compatible endpoint: add `aws: {}` to belfry.yaml"));
    ServerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    aws::Caller caller;
    caller.account = runtime_.config().aws->account.value;
    caller.region = runtime_.config().aws->region.value;
    api->handle(
        std::move(request), caller,
        [respond = std::move(respond)](ServerResponse response) mutable {
          if (response.status < 400) {
            if (response.body.empty()) response.body = "{}";
            return respond(
                {200, {{"Content-Type", "application/json"}}, std::move(response.body), {}});
          }
          boost::system::error_code error;
          const json::value parsed = json::parse(response.body, error);
          std::string message = "failed";
          if (const auto* object = parsed.if_object())
            for (const char* key : {"message", "Message"})
              if (const auto* text = object->if_contains(key); text && text->is_string())
                message = std::string(text->get_string());
          respond(error_response(response.status, message));
        });
  }

 private:
  // Answers when there is none.
  std::optional<functions::LambdaSettings> find(const ServerRequest& request,
                                                Respond& respond) const {
    const std::string name(request.captured("function"));
    functions::LambdaHost* host = runtime_.lambdas();
    auto settings = host ? host->find(name) : std::optional<functions::LambdaSettings>();
    if (!settings)
      respond(error_response(
          404, fmt::format("there is no function '{}' with code{}", name,
                           suggestion(name, host ? host->names() : std::vector<std::string>()))));
    return settings;
  }

  Runtime& runtime_;
};

}  // namespace

void add_function_routes(http::Router& router, Runtime& runtime) {
  const auto routes = std::make_shared<FunctionRoutes>(runtime);
  const std::string api = "/2015-03-31/functions";
  router.on("GET", "/api/v1/functions",
            [routes](ServerRequest, Respond respond) { routes->list(std::move(respond)); });
  router.on("GET", "/api/v1/functions/{function}",
            [routes](ServerRequest request, Respond respond) {
              routes->show(request, std::move(respond));
            });
  router.on("GET", "/api/v1/functions/{function}/log",
            [routes](ServerRequest request, Respond respond) {
              routes->log(request, std::move(respond));
            });
  router.on("POST", "/api/v1/functions/{function}/invoke",
            [routes](ServerRequest request, Respond respond) {
              routes->invoke(std::move(request), std::move(respond));
            });
  // Bodies are those of the Lambda API's CreateFunction, UpdateFunctionCode and
  // UpdateFunctionConfiguration.
  router.on("POST", "/api/v1/functions", [routes, api](ServerRequest request, Respond respond) {
    routes->forward("POST", api, std::move(request.body), std::move(respond));
  });
  for (const char* part : {"code", "configuration"})
    router.on("POST", fmt::format("/api/v1/functions/{{function}}/{}", part),
              [routes, api, part](ServerRequest request, Respond respond) {
                routes->forward("PUT",
                                fmt::format("{}/{}/{}", api, request.captured("function"), part),
                                std::move(request.body), std::move(respond));
              });
  router.on("POST", "/api/v1/functions/{function}/delete",
            [routes, api](ServerRequest request, Respond respond) {
              routes->forward("DELETE", fmt::format("{}/{}", api, request.captured("function")), {},
                              std::move(respond));
            });
}

}  // namespace belfry::app

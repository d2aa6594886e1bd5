#include "app/admin.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/admin_answer.h"
#include "app/admin_functions.h"
#include "app/config_check.h"
#include "app/message_json.h"
#include "app/queue_actions.h"
#include "app/topic_api.h"
#include "base/nearest.h"
#include "http/router.h"
#include "http/server.h"
#include "sinks/outbox.h"

namespace belfry::app {

namespace {

namespace json = boost::json;
using http::error_response;
using http::Respond;
using http::ServerRequest;
using http::ServerResponse;

constexpr size_t kLargestBody = 2 << 20;
constexpr size_t kMostMessages = 1'000;  // in one answer

ServerResponse text_response(std::string body, int status = 200,
                             std::string type = "text/plain; charset=utf-8") {
  ServerResponse response;
  response.status = status;
  response.headers = {{"Content-Type", std::move(type)}};
  response.body = std::move(body);
  return response;
}

// The body as an object; an empty body is an empty object.
std::optional<json::object> body_of(const ServerRequest& request) {
  if (request.body.empty()) return json::object{};
  boost::system::error_code error;
  const json::value value = json::parse(request.body, error);
  if (error || !value.is_object()) return {};
  return value.get_object();
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object replay_json(const ReplayStatus& replay) {
  json::object out{{"id", replay.id},
                   {"listener", replay.order.listener},
                   {"from", replay.order.range.first},
                   {"to", replay.order.range.last},
                   {"into", replay.order.into},
                   {"next_block", replay.progress.next_block},
                   {"events", replay.progress.events},
                   {"finished", replay.finished}};
  if (!replay.error.empty()) out["error"] = replay.error;
  return out;
}

class Api final : public AdminApi {
 public:
  Api(Runtime& runtime, std::string host) : runtime_(runtime), host_(std::move(host)) {}

  Result<void> listen(uint16_t port) {
    http::Router router = routes();
    http::Server::Options options;
    options.address = host_ == "localhost" ? "127.0.0.1" : host_;
    options.port = port;
    options.threads = 1;
    options.connections = 256;
    options.body_limit_of = [](std::string_view path) {
      return path.starts_with("/api/v1/functions") ? aws::lambda::Lambda::kLargestRequest
                                                   : kLargestBody;
    };
    auto server = http::Server::start(
        options, [this, router = std::move(router)](ServerRequest request, Respond respond) {
          if (auto refused = refusal(request)) return respond(std::move(*refused));
          router(std::move(request), std::move(respond));
        });
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);
    return {};
  }

  std::string address() const override { return fmt::format("{}:{}", host_, server_->port()); }

 private:
  // A web page can make its visitor's browser send requests here: by a name that resolves to
  // loopback (then Host is foreign), or as a plain form (then the content type is one of a form's).
  std::optional<ServerResponse> refusal(const ServerRequest& request) const {
    const bool loopback =
        host_ == "127.0.0.1" || host_ == "localhost" || host_ == "::1" || host_ == "[::1]";
    if (const std::string* host = request.header("Host"); loopback && host) {
      const std::string name = host->substr(0, host->rfind(':'));
      if (name != "127.0.0.1" && name != "localhost" && name != "[::1]" && *host != "[::1]")
        return error_response(
            403, "this address is only served under the names localhost, 127.0.0.1 and [::1]");
    }
    if (request.method == "POST") {
      const std::string* type = request.header("Content-Type");
      if (!type || !type->starts_with("application/json"))
        return error_response(415, "send changes with the header Content-Type: application/json");
    }
    return {};
  }

  http::Router routes() {
    http::Router router;
    router.on("GET", "/healthz",
              [](ServerRequest, Respond respond) { respond(text_response("ok\n")); });
    router.on("GET", "/readyz", [this](ServerRequest, Respond respond) {
      const bool ready = is_ready(runtime_.status());
      respond(
          text_response(ready ? "ready\n" : "not ready: see /api/v1/status\n", ready ? 200 : 503));
    });
    router.on("GET", "/metrics", [this](ServerRequest, Respond respond) {
      respond(text_response(metrics_text(runtime_.status(), runtime_.clock().now()), 200,
                            "text/plain; version=0.0.4; charset=utf-8"));
    });
    router.on("GET", "/api/v1/status", [this](ServerRequest, Respond respond) {
      respond(json_response(status_json(runtime_.status(), runtime_.clock().now())));
    });
    router.on("GET", "/api/v1/outbox", [this](ServerRequest request, Respond respond) {
      messages(sinks::kOutboxQueue, request, std::move(respond));
    });
    router.on("GET", "/api/v1/queues/{queue}/messages",
              [this](ServerRequest request, Respond respond) {
                const std::string queue(request.captured("queue"));
                messages(queue, request, std::move(respond));
              });
    router.on(
        "POST", "/api/v1/queues/{queue}/redrive",
        [this](ServerRequest request, Respond respond) { redrive(request, std::move(respond)); });
    router.on(
        "POST", "/api/v1/queues/{queue}/purge",
        [this](ServerRequest request, Respond respond) { purge(request, std::move(respond)); });
    router.on("POST", "/api/v1/replays", [this](ServerRequest request, Respond respond) {
      replay(request, std::move(respond));
    });
    router.on("GET", "/api/v1/replays", [this](ServerRequest, Respond respond) {
      json::array replays;
      for (const ReplayStatus& it : runtime_.replays()) replays.emplace_back(replay_json(it));
      respond(json_response({{"replays", std::move(replays)}}));
    });
    router.on("POST", "/api/v1/listeners/{listener}/accept-new-network",
              [this](ServerRequest request, Respond respond) {
                const auto accepted =
                    runtime_.accept_new_network(std::string(request.captured("listener")));
                respond(accepted ? json_response(json::object{{"accepted", true}})
                                 : error_response(404, accepted.error().message));
              });
    add_function_routes(router, runtime_);
    add_topic_routes(router, runtime_);
    return router;
  }

  ServerResponse no_queue(std::string_view name) const {
    return error_response(404, fmt::format("there is no queue '{}'{}", name,
                                           suggestion(name, runtime_.store().queue_names())));
  }

  // What is in a queue above a sequence; with `wait`, answers when there is something or that many
  // seconds are over.
  void messages(std::string_view name, const ServerRequest& request, Respond respond) {
    const auto after = number_parameter(request, "after", 0),
               limit = number_parameter(request, "limit", 100),
               wait = number_parameter(request, "wait", 0);
    if (!after || !limit || !wait)
      return respond(error_response(400, "after, limit and wait take whole numbers"));
    const auto queue = runtime_.store().find_queue(name);
    if (!queue) return respond(no_queue(name));
    const size_t most = std::min<size_t>(*limit, kMostMessages);
    const auto answer = [this, queue = *queue, after = *after, most] {
      json::array out;
      uint64_t next = after;
      for (const queue::Received& message : runtime_.store().peek(queue, after, most)) {
        next = message.sequence;
        out.emplace_back(message_json(message));
      }
      return json_response(json::object{{"messages", std::move(out)}, {"next", next}});
    };
    const Duration patience = patience_of(*wait);
    if (patience == Duration(0)) return respond(answer());
    auto pending = std::make_shared<Once>(std::move(respond));
    runtime_.after(patience, [pending, answer] { pending->respond(answer); });
    runtime_.store().when_above(*queue, *after, [pending, answer] { pending->respond(answer); });
  }

  void redrive(const ServerRequest& request, Respond respond) {
    const std::string name(request.captured("queue"));
    const auto body = body_of(request);
    if (!body) return respond(error_response(400, "the body is no JSON object"));
    if (!runtime_.store().find_queue(name)) return respond(no_queue(name));
    const auto moved = redrive_messages(runtime_.store(), name, text_of(*body, "to"));
    respond(moved ? json_response(json::object{{"moved", moved->moved}, {"left", moved->left}})
                  : error_response(409, moved.error().message));
  }

  void purge(const ServerRequest& request, Respond respond) {
    const std::string name(request.captured("queue"));
    const auto queue = runtime_.store().find_queue(name);
    if (!queue) return respond(no_queue(name));
    const auto purged = runtime_.store().purge(*queue);
    respond(purged ? json_response(json::object{{"purged", true}})
                   : error_response(409, purged.error().message));
  }

  void replay(const ServerRequest& request, Respond respond) {
    const auto body = body_of(request);
    if (!body) return respond(error_response(400, "the body is no JSON object"));
    ReplayOrder order;
    order.listener = text_of(*body, "listener");
    order.into = text_of(*body, "into");
    for (const auto& [key, block] :
         {std::pair{"from", &order.range.first}, std::pair{"to", &order.range.last}}) {
      const json::value* value = body->if_contains(key);
      boost::system::error_code error;
      if (value) *block = value->to_number<uint64_t>(error);
      if (!value || error)
        return respond(error_response(400, fmt::format("'{}' should be a block number", key)));
    }
    const auto started = runtime_.replay(std::move(order));
    respond(started ? json_response(json::object{{"id", *started}}, 202)
                    : error_response(409, started.error().message));
  }

  Runtime& runtime_;
  const std::string host_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

Result<std::unique_ptr<AdminApi>> AdminApi::start(Runtime& runtime, const std::string& address) {
  const size_t colon = address.rfind(':');
  auto api = std::make_unique<Api>(runtime, address.substr(0, colon));
  const auto listening = api->listen(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  if (!listening)
    return fail(
        fmt::format("the admin API cannot listen on {}: {}", address, listening.error().message));
  return Result<std::unique_ptr<AdminApi>>(std::move(api));
}

}  // namespace belfry::app

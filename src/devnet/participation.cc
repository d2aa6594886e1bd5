#include "devnet/participation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/json.h"
#include "http/router.h"

namespace belfry::devnet {
namespace {

constexpr const char* kBase = "/participation/v1/channels";
constexpr const char* kPart = "config-block";  // the form's field

std::string json_quoted(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

http::ServerResponse json_response(int status, std::string body) {
  http::ServerResponse response{.status = status, .body = std::move(body) + "\n"};
  response.headers.push_back({"Content-Type", "application/json"});
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

http::ServerResponse error(int status, std::string_view message) {
  return json_response(status, fmt::format("{{\"error\":{}}}", json_quoted(message)));
}

std::string full_info(const Channel& channel) {
  return fmt::format(
      "{{\"name\":{0},\"url\":{1},\"consensusRelation\":\"consenter\",\"status\":\"{2}\","
      "\"height\":{3}}}",
      json_quoted(channel.name()), json_quoted(fmt::format("{}/{}", kBase, channel.name())),
      channel.failure().empty() ? "active" : "failed", channel.ledger().height());
}

http::ServerResponse list(Channels& channels) {
  std::string entries;
  for (const std::string& name : channels.names())
    entries += fmt::format("{}{{\"name\":{},\"url\":{}}}", entries.empty() ? "" : ",",
                           json_quoted(name), json_quoted(fmt::format("{}/{}", kBase, name)));
  return json_response(200, fmt::format("{{\"systemChannel\":null,\"channels\":{}}}",
                                        entries.empty() ? "null" : "[" + entries + "]"));
}

http::ServerResponse show(Channels& channels, std::string_view name) {
  auto channel = channels.find(name);
  if (channel == nullptr) return error(404, "channel does not exist");
  return json_response(200, full_info(*channel));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The contents of the one part of a multipart/form-data body (RFC 7578), which must be called
// kPart; or why there is none.
Result<std::string> form_part(const http::ServerRequest& request) {
  const std::string* type = request.header("Content-Type");
  if (type == nullptr || !lower(*type).starts_with("multipart/form-data"))
    return fail(fmt::format("unsupported Content-Type: [{}]", type != nullptr ? *type : ""));
  const size_t at = lower(*type).find("boundary=");
  if (at == std::string::npos) return fail("cannot read form from request body: no boundary");
  std::string boundary = type->substr(at + 9);
  boundary = boundary.substr(0, boundary.find(';'));
  if (boundary.size() > 1 && boundary.front() == '"')
    boundary = boundary.substr(1, boundary.size() - 2);
  const std::string mark = "--" + boundary;
  const std::string_view body = request.body;
  const size_t head = body.find(mark);
  const size_t text = head == std::string_view::npos ? head : body.find("\r\n\r\n", head);
  if (text == std::string_view::npos)
    return fail("cannot read form from request body: multipart: NextPart: EOF");
  const std::string_view header = body.substr(head, text - head);
  if (header.find(fmt::format("name=\"{}\"", kPart)) == std::string_view::npos)
    return fail(fmt::format("form does not contains part key: {}", kPart));
  const size_t begin = text + 4;
  const size_t end = body.find("\r\n" + mark, begin);
  if (end == std::string_view::npos)
    return fail("cannot read form from request body: multipart: NextPart: unexpected EOF");
  if (body.substr(end + 2 + mark.size(), 2) != "--") return fail("form contains too many parts");
  return std::string(body.substr(begin, end - begin));
}

http::ServerResponse join(Channels& channels, const http::ServerRequest& request) {
  auto genesis = form_part(request);
  if (!genesis) return error(400, genesis.error().message);
  auto config = msp::ChannelConfig::from_block(*genesis);
  if (!config) return error(400, "invalid join block: " + config.error().message);
  if (channels.find(config->channel) != nullptr) {
    auto refused = error(405, "cannot join: channel already exists");
    refused.headers.push_back({"Allow", "GET, DELETE"});
    return refused;
  }
  auto channel = channels.create(*genesis);
  if (!channel) return error(400, "cannot join: " + channel.error().message);
  auto made = json_response(201, full_info(**channel));
  made.headers.push_back({"Location", fmt::format("{}/{}", kBase, (*channel)->name())});
  return made;
}

http::ServerResponse leave(Channels& channels, std::string_view name) {
  if (channels.find(name) == nullptr) return error(404, "cannot remove: channel does not exist");
  if (auto removed = channels.remove(name); !removed)
    return error(400, "cannot remove: " + removed.error().message);
  return {.status = 204};
}

std::string metrics(Channels& channels) {
  std::string text =
      "# HELP ledger_blockchain_height Height of the chain in blocks.\n"
      "# TYPE ledger_blockchain_height gauge\n";
  for (const std::string& name : channels.names())
    if (auto channel = channels.find(name))
      text += fmt::format("ledger_blockchain_height{{channel=\"{}\"}} {}\n", name,
                          channel->ledger().height());
  return text;
}

http::ServerResponse health(Channels& channels, const Clock& clock) {
  std::string failed;
  for (const std::string& name : channels.names())
    if (auto channel = channels.find(name); channel && !channel->failure().empty())
      failed += fmt::format("{}{{\"component\":{},\"reason\":{}}}", failed.empty() ? "" : ",",
                            json_quoted(name), json_quoted(channel->failure()));
  const std::string time = to_rfc3339(clock.now());
  if (failed.empty())
    return json_response(200, fmt::format("{{\"status\":\"OK\",\"time\":\"{}\"}}", time));
  return json_response(
      503,
      fmt::format("{{\"status\":\"Service Unavailable\",\"time\":\"{}\",\"failed_checks\":[{}]}}",
                  time, failed));
}

}  // namespace

http::RequestHandler participation_handler(Channels& channels) {
  http::Router router;
  const std::string one = std::string(kBase) + "/{name}";
  router.on("GET", kBase,
            [&](http::ServerRequest, http::Respond respond) { respond(list(channels)); });
  router.on("POST", kBase, [&](http::ServerRequest request, http::Respond respond) {
    respond(join(channels, request));
  });
  router.on("GET", one, [&](http::ServerRequest request, http::Respond respond) {
    respond(show(channels, request.captured("name")));
  });
  router.on("DELETE", one, [&](http::ServerRequest request, http::Respond respond) {
    respond(leave(channels, request.captured("name")));
  });
  return router;
}

http::RequestHandler operations_handler(Channels& channels, const Clock& clock) {
  http::Router router;
  router.on("GET", "/healthz",
            [&](http::ServerRequest, http::Respond respond) { respond(health(channels, clock)); });
  router.on("GET", "/version", [](http::ServerRequest, http::Respond respond) {
    respond(json_response(200, "{\"CommitSHA\":\"\",\"Version\":\"belfry\"}"));
  });
  router.on("GET", "/logspec", [](http::ServerRequest, http::Respond respond) {
    respond(json_response(200, "{\"spec\":\"info\"}"));
  });
  router.on("GET", "/metrics", [&](http::ServerRequest, http::Respond respond) {
    http::ServerResponse response{.body = metrics(channels)};
    response.headers.push_back({"Content-Type", "text/plain; version=0.0.4; charset=utf-8"});
    respond(std::move(response));
  });
  return router;
}

}  // namespace belfry::devnet

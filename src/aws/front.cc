#include "aws/front.h"

#include <fmt/format.h>

#include "http/url.h"

namespace belfry::aws {
namespace {

constexpr int kJsonDepth = 32;  // of a request's body; AWS's inputs need four

bool is_loopback(std::string_view peer) {
  return peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
}

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}
std::string_view query_of(std::string_view target) {
  const size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

const std::string* parameter(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters)
    if (key == name) return &value;
  return nullptr;
}

// "/000000000000/orders", where only actions on that queue are.
bool is_queue_path(std::string_view path) {
  const size_t second = path.find('/', 1);
  return second != std::string_view::npos && second + 1 < path.size();
}

// Query's JSON answers spell the names of lists small: "queueUrls", "messages".
boost::json::object small_lists(const boost::json::object& output) {
  boost::json::object out;
  for (const auto& [key, value] : output) {
    std::string name(key);
    if (value.is_array()) name[0] = static_cast<char>(name[0] | 0x20);
    out[name] = value;
  }
  return out;
}

}  // namespace

// One request on its way: what the answer needs to know.
struct Front::Call {
  http::Respond respond;
  std::shared_ptr<const Service> service;
  const Action* action = nullptr;
  std::string action_name;
  bool json = false;
  bool rest = false;
  bool json_answer = false;  // Query, with the answer asked for as JSON
  Caller caller;
  boost::json::object input;

  void answer(Answer answer) {
    if (auto* fault = std::get_if<Fault>(&answer)) return refuse(*fault);
    http::ServerResponse response;
    const auto& output = std::get<boost::json::object>(answer);
    if (json) {
      response.headers = json_headers();
      response.body = boost::json::serialize(output);
    } else if (json_answer) {
      response.headers = json_headers();
      boost::json::object whole{{"ResponseMetadata", {{"RequestId", caller.request_id}}}};
      if (!action->output.fields.empty() || action->empty_result)
        whole[action_name + "Result"] = small_lists(output);
      response.body =
          boost::json::serialize(boost::json::object{{action_name + "Response", std::move(whole)}});
    } else {
      response.headers = {{"Content-Type", "text/xml"}, {"x-amzn-RequestId", caller.request_id}};
      std::string& body = response.body;
      const auto add = [&](const auto&... parts) { (body.append(parts), ...); };
      add("<?xml version=\"1.0\"?><", action_name, "Response xmlns=\"", service->xml_namespace,
          "\">");
      if (!action->output.fields.empty() || action->empty_result) {
        const size_t before = body.size();
        add("<", action_name, "Result>");
        const size_t content = body.size();
        append_xml(body, output, action->output);
        if (body.size() > content)
          add("</", action_name, "Result>");
        else
          body.resize(before), add("<", action_name, "Result/>");
      }
      add("<ResponseMetadata><RequestId>", caller.request_id, "</RequestId></ResponseMetadata></",
          action_name, "Response>");
    }
    respond(std::move(response));
  }

  void refuse(const Fault& fault) {
    http::ServerResponse response;
    response.status = fault.status;
    const std::string& query_code = fault.query_code.empty() ? fault.code : fault.query_code;
    const std::string& message = fault.query_message.empty() ? fault.message : fault.query_message;
    const std::string_view side = fault.sender ? "Sender" : "Receiver";
    if (rest) {
      response.headers = {{"Content-Type", "application/json"},
                          {"x-amzn-RequestId", caller.request_id},
                          {"x-amzn-ErrorType", fault.code}};
      response.body = boost::json::serialize(boost::json::object{{"message", fault.message}});
    } else if (json) {
      response.headers = json_headers();
      if (!service || service->query_born)
        response.headers.emplace_back("x-amzn-query-error", fmt::format("{};{}", query_code, side));
      // What is found before a service's own code is no exception of its own.
      const bool capital = service && service->capital_message &&
                           fault.code != "ValidationException" &&
                           fault.code != "SerializationException";
      response.body = boost::json::serialize(boost::json::object{
          {"__type", (service ? service->error_prefix : std::string()) + fault.code},
          {capital ? "Message" : "message", fault.message}});
    } else if (json_answer) {
      response.headers = json_headers();
      response.body = boost::json::serialize(boost::json::object{
          {"Error", {{"Code", query_code}, {"Message", message}, {"Type", side}}},
          {"RequestId", caller.request_id}});
    } else {
      response.headers = {{"Content-Type", "text/xml"}, {"x-amzn-RequestId", caller.request_id}};
      std::string& body = response.body;
      body = fmt::format(
          "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>",
          service ? service->xml_namespace : "http://webservices.amazon.com/", side);
      append_xml_text(body, query_code);
      body += "</Code><Message>";
      append_xml_text(body, message);
      body += fmt::format("</Message>{}</Error><RequestId>{}</RequestId></ErrorResponse>",
                          service && service->query_born ? "<Detail/>" : "", caller.request_id);
    }
    respond(std::move(response));
  }

 private:
  http::Headers json_headers() const {
    const std::string version = service ? service->json_version : "1.0";
    return {{"Content-Type", "application/x-amz-json-" + version},
            {"x-amzn-RequestId", caller.request_id}};
  }
};

Front::Front(Clock& clock, Random& random, Options options)
    : clock_(clock), random_(random), options_(std::move(options)) {}

void Front::add(Service service) {
  services_.push_back(std::make_shared<const Service>(std::move(service)));
}

void Front::add_rest(std::string prefix, std::string service, RestHandler handler) {
  rest_.push_back({std::move(prefix), std::move(service), std::move(handler)});
}

void Front::add_open(std::string prefix, http::RequestHandler handler) {
  open_.emplace_back(std::move(prefix), std::move(handler));
}

// A link that somebody follows: unsigned, and for an action that anybody may call.
bool Front::is_anonymous(const http::ServerRequest& request) const {
  const std::string* action = parameter(request.query, "Action");
  if (request.method != "GET" || !action || request.header("authorization")) return false;
  for (const auto& service : services_) {
    const auto found = service->actions.find(*action);
    if (found != service->actions.end() && found->second.anonymous) return true;
  }
  return false;
}

Caller Front::stranger(const http::ServerRequest& request) const {
  Caller caller;
  caller.account = options_.account;
  caller.region = options_.region;
  caller.path = request.path;
  const std::string* host = request.header("host");
  caller.endpoint = "http://" + (host ? *host : std::string("127.0.0.1"));
  return caller;
}

std::variant<Caller, Fault> Front::identify(const http::ServerRequest& request,
                                            Claim& claim) const {
  Caller caller = stranger(request);
  const SignedParts parts{request.method, without_query(request.target), query_of(request.target),
                          &request.headers, request.body};
  if (options_.access.empty()) {
    claim = read_signer(parts);
    if (!claim.scope.region.empty()) caller.region = claim.scope.region;
    if (is_loopback(request.peer)) return caller;
    return Fault{"AccessDenied", "",
                 "belfry has no users configured, so only this machine may call; add users to "
                 "belfry.yaml to let others in",
                 403};
  }
  auto read = read_claim(parts);
  if (auto* found = std::get_if<Claim>(&read)) {
    claim = std::move(*found);
    caller.region = claim.scope.region;
  }
  if (auto* fault = std::get_if<SignatureFault>(&read))
    return Fault{fault->code, "", fault->message, 403};
  if (std::holds_alternative<std::monostate>(read))
    return Fault{"MissingAuthenticationToken", "", "Request is missing Authentication Token", 403};
  const User* user = options_.access.find(claim.access_key);
  if (!user)
    return Fault{"InvalidClientTokenId", "",
                 "The security token included in the request is invalid.", 403};
  if (auto fault = verify(parts, claim, user->secret_key, clock_.now()))
    return Fault{fault->code, "", fault->message, 403};
  caller.user_arn = fmt::format("arn:aws:iam::{}:user/{}", caller.account, user->name);
  return caller;
}

const Front::RestHandler* Front::rest_handler(std::string_view path) const {
  for (const auto& rest : rest_)
    if (path.starts_with(rest.prefix)) return &rest.handler;
  return nullptr;
}

std::optional<Fault> Front::denied(const Caller& caller, std::string_view action,
                                   std::string_view resource) const {
  const User* user = options_.access.find(caller.access_key);
  if (!user || user->policy.allows(action, resource)) return {};
  return Fault{"AccessDenied", "",
               fmt::format("User: {} is not authorized to perform: {} on resource: {}",
                           caller.user_arn, action, resource),
               403};
}

void Front::handle(http::ServerRequest request, http::Respond respond) {
  auto call = std::make_shared<Call>();
  call->respond = std::move(respond);
  const std::string* target = request.header("x-amz-target");
  call->json = target != nullptr;
  const RestHandler* rest = rest_handler(request.path);
  call->rest = rest != nullptr;
  Claim claim;
  auto caller = identify(request, claim);
  const std::string request_id = random_.uuid();
  for (const auto& [prefix, handler] : open_)
    if (request.path.starts_with(prefix))
      return handler(std::move(request), std::move(call->respond));
  if (auto* fault = std::get_if<Fault>(&caller)) {
    call->caller.request_id = request_id;
    if (!is_anonymous(request)) return call->refuse(*fault);
    caller = stranger(request);
  }
  call->caller = std::move(std::get<Caller>(caller));
  call->caller.request_id = request_id;
  call->caller.access_key = claim.access_key;
  call->caller.service = claim.scope.service;
  call->caller.disconnected = request.disconnected;
  if (const std::string* trace = request.header("x-amzn-trace-id")) call->caller.trace = *trace;

  if (rest) return (*rest)(std::move(request), call->caller, std::move(call->respond));
  if (target)
    handle_json(request, *target, std::move(call));
  else
    handle_query(request, std::move(call));
}

void Front::handle_json(const http::ServerRequest& request, const std::string& target,
                        std::shared_ptr<Call> call) {
  const size_t dot = target.rfind('.');
  const std::string_view prefix = std::string_view(target).substr(0, std::min(dot, target.size()));
  for (const auto& service : services_)
    if (!service->json_prefix.empty() && service->json_prefix == prefix) call->service = service;
  if (!call->service || dot == std::string::npos)
    return call->refuse({"UnknownOperationException", "",
                         fmt::format("belfry has no service for the target '{}'", target), 400});
  call->action_name = target.substr(dot + 1);

  boost::system::error_code error;
  boost::json::parse_options limits;
  limits.max_depth = kJsonDepth;
  const std::string_view body = request.body.empty() ? std::string_view("{}") : request.body;
  // What is read lies together, and lives as long as any part of it.
  auto parsed = boost::json::parse(
      boost::json::string_view(body.data(), body.size()), error,
      boost::json::make_shared_resource<boost::json::monotonic_resource>(body.size() + 1024),
      limits);
  if (error || !parsed.is_object())
    return call->refuse({"SerializationException", "",
                         error ? "the body is no JSON: " + error.message()
                               : std::string("the body must be a JSON object"),
                         400});
  call->input = std::move(parsed.get_object());
  const auto action = call->service->actions.find(call->action_name);
  if (action != call->service->actions.end())
    if (auto good = conform(call->input, action->second.input); !good)
      return call->refuse({"SerializationException", "", good.error().message, 400});
  run(std::move(call));
}

std::shared_ptr<const Service> Front::query_service(const Parameters& parameters,
                                                    const std::string& signed_service) const {
  const std::string* version = parameter(parameters, "Version");
  const std::string* action = parameter(parameters, "Action");
  for (const auto& service : services_)
    if (!service->query_version.empty() && service->name == signed_service) return service;
  for (const auto& service : services_)
    if (!service->query_version.empty() && version && service->query_version == *version &&
        (!action || service->actions.contains(*action)))
      return service;
  for (const auto& service : services_)
    if (!service->query_version.empty() && action && service->actions.contains(*action))
      return service;
  return nullptr;
}

void Front::handle_query(const http::ServerRequest& request, std::shared_ptr<Call> call) {
  Parameters parameters = request.query;
  const std::string* type = request.header("content-type");
  if (!request.body.empty() && (!type || type->starts_with("application/x-www-form-urlencoded"))) {
    auto form = http::parse_query(request.body);
    if (!form)
      return call->refuse({"MalformedInput", "", "the form's percent encoding is broken", 400});
    parameters.insert(parameters.end(), std::make_move_iterator(form->begin()),
                      std::make_move_iterator(form->end()));
  }
  const std::string* action = parameter(parameters, "Action");
  const std::string* accept = request.header("accept");
  call->json_answer = accept && accept->starts_with("application/json");
  call->service = query_service(parameters, call->caller.service);
  if (!action)
    return call->respond({404, {{"Content-Type", "text/xml"}}, "<UnknownOperationException/>", {}});
  call->action_name = *action;
  if (!call->service || (call->service->complete && !call->service->actions.contains(*action)) ||
      (call->service->query_born && is_queue_path(request.path) &&
       (*action == "CreateQueue" || *action == "ListQueues")))
    return call->refuse({"InvalidAction", "",
                         fmt::format("The action {} is not valid for this endpoint.", *action),
                         400});
  const auto found = call->service->actions.find(*action);
  if (found != call->service->actions.end()) {
    auto input = from_query(parameters, found->second.input);
    if (!input) return call->refuse({"InvalidParameterValue", "", input.error().message, 400});
    call->input = std::move(*input);
  }
  run(std::move(call));
}

void Front::run(std::shared_ptr<Call> call) {
  const auto found = call->service->actions.find(call->action_name);
  if (found == call->service->actions.end())
    return call->refuse(
        {"UnsupportedOperation", "",
         fmt::format("belfry's {} does not have the action {}; docs/compatibility.md lists "
                     "what it has",
                     call->service->name, call->action_name),
         400});
  call->action = &found->second;
  if (options_.access.find(call->caller.access_key)) {
    const std::string resource = call->action->resource
                                     ? call->action->resource(call->input, call->caller)
                                     : std::string("*");
    if (const auto fault =
            denied(call->caller, call->service->name + ":" + call->action_name, resource))
      return call->refuse(*fault);
  }
  // The input moves out first: the action may answer, and so end the call, before it returns.
  auto input = std::move(call->input);
  const Action& action = *call->action;
  const Caller& caller = call->caller;
  action.run(std::move(input), caller,
             [call = std::move(call)](Answer answer) { call->answer(std::move(answer)); });
}

}  // namespace belfry::aws

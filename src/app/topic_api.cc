#include "app/topic_api.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/admin_answer.h"
#include "aws/sns.h"
#include "base/nearest.h"

namespace belfry::app {

namespace {

namespace json = boost::json;
using http::error_response;
using http::Respond;
using http::ServerRequest;
using http::ServerResponse;

// One after the other is asked at one time, so one service for all is enough.
class TopicApi : public std::enable_shared_from_this<TopicApi> {
 public:
  explicit TopicApi(Runtime& runtime) : runtime_(runtime), service_(runtime.sns().service()) {}

  void list(const ServerRequest&, Respond respond) {
    json::array topics;
    for (const std::string& name : runtime_.topics().topics()) {
      uint64_t pending = 0, confirmed = 0;
      for (const auto& it : runtime_.topics().subscriptions(name))
        ++(it.pending ? pending : confirmed);
      topics.push_back(json::object{{"name", name},
                                    {"arn", runtime_.notices().topic_arn(name)},
                                    {"subscriptions", confirmed},
                                    {"pending", pending}});
    }
    respond(json_response(json::object{{"topics", std::move(topics)}}));
  }

  void show(const ServerRequest& request, Respond respond) {
    const std::string topic(request.captured("topic"));
    if (!runtime_.topics().settings(topic)) return respond(no_topic(topic));
    json::array subscriptions;
    for (const auto& it : runtime_.topics().subscriptions(topic)) {
      json::object out{{"id", it.id},
                       {"arn", runtime_.notices().arn(it)},
                       {"protocol", it.protocol},
                       {"endpoint", it.endpoint},
                       {"pending", it.pending},
                       {"raw", it.raw},
                       {"declared", it.declared},
                       {"waiting", waiting(it)}};
      if (it.filter) out["filter"] = it.filter->text();
      if (!it.dead_letter_queue.empty()) out["dead_letter_queue"] = it.dead_letter_queue;
      subscriptions.push_back(std::move(out));
    }
    respond(json_response(json::object{{"name", topic},
                                       {"arn", runtime_.notices().topic_arn(topic)},
                                       {"subscriptions", std::move(subscriptions)}}));
  }

  void publish(const ServerRequest& request, Respond respond) {
    call("Publish", request, std::move(respond), [](json::object& body) {
      json::object attributes;
      if (const auto* given = body.if_contains("attributes"); given && given->is_object())
        for (const auto& [name, value] : given->get_object())
          attributes[name] =
              json::object{{"DataType", value.is_number() ? "Number" : "String"},
                           {"StringValue", value.is_string() ? std::string(value.get_string())
                                                             : json::serialize(value)}};
      json::object input{{"Message", text(body, "message")}};
      if (!attributes.empty()) input["MessageAttributes"] = std::move(attributes);
      for (const auto& [from, to] : {std::pair("subject", "Subject"),
                                     {"group", "MessageGroupId"},
                                     {"deduplication", "MessageDeduplicationId"}})
        if (!text(body, from).empty()) input[to] = text(body, from);
      return input;
    });
  }

  void subscribe(const ServerRequest& request, Respond respond) {
    call("Subscribe", request, std::move(respond), [](json::object& body) {
      json::object attributes;
      if (!text(body, "filter").empty()) attributes["FilterPolicy"] = text(body, "filter");
      if (text(body, "filter_scope") == "body") attributes["FilterPolicyScope"] = "MessageBody";
      if (text(body, "raw") == "true") attributes["RawMessageDelivery"] = "true";
      json::object input{{"Protocol", text(body, "protocol")},
                         {"Endpoint", text(body, "endpoint")},
                         {"ReturnSubscriptionArn", true}};
      if (!attributes.empty()) input["Attributes"] = std::move(attributes);
      return input;
    });
  }

  // By who runs this belfry, in the endpoint's stead.
  void confirm(const ServerRequest& request, Respond respond) {
    auto found = find(request);
    if (!found) return respond(no_subscription(request));
    found->pending = false;
    if (auto made = runtime_.topics().subscribe(std::move(*found)); !made)
      return respond(error_response(409, made.error().message));
    respond(json_response(json::object{{"confirmed", true}}));
  }

  void unsubscribe(const ServerRequest& request, Respond respond) {
    const auto found = find(request);
    if (!found) return respond(no_subscription(request));
    run("Unsubscribe", {{"SubscriptionArn", runtime_.notices().arn(*found)}}, std::move(respond));
  }

 private:
  static std::string text(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  }

  uint64_t waiting(const topic::Subscription& subscription) const {
    const auto queue =
        runtime_.store().find_queue(topic::subscription_queue(subscription.topic, subscription.id));
    if (!queue) return 0;
    const queue::QueueCounts counts = runtime_.store().counts(*queue);
    return counts.visible + counts.in_flight + counts.delayed;
  }

  std::optional<topic::Subscription> find(const ServerRequest& request) const {
    return runtime_.topics().subscription(request.captured("topic"),
                                          request.captured("subscription"));
  }

  ServerResponse no_topic(const std::string& name) const {
    return error_response(404, fmt::format("there is no topic '{}'{}", name,
                                           suggestion(name, runtime_.topics().topics())));
  }
  static ServerResponse no_subscription(const ServerRequest& request) {
    return error_response(
        404, fmt::format("topic '{}' has no subscription '{}'", request.captured("topic"),
                         request.captured("subscription")));
  }

  // The body, made into the action's input for the topic that the path names.
  template <class Make>
  void call(const char* action, const ServerRequest& request, Respond respond, Make make) {
    const std::string topic(request.captured("topic"));
    if (!runtime_.topics().settings(topic)) return respond(no_topic(topic));
    boost::system::error_code error;
    json::value body = json::parse(request.body, error);
    if (error || !body.is_object())
      return respond(error_response(400, "the body is no JSON object"));
    json::object input = make(body.get_object());
    input["TopicArn"] = runtime_.notices().topic_arn(topic);
    run(action, std::move(input), std::move(respond));
  }

  void run(const char* action, json::object input, Respond respond) {
    const auto options = runtime_.notices().options();
    aws::Caller caller;
    caller.account = options.account;
    caller.region = options.region;
    caller.access_key = "belfry";  // whoever reaches this API owns everything here
    service_.actions.at(action).run(
        std::move(input), caller, [respond = std::move(respond)](aws::Answer answer) mutable {
          if (const auto* fault = std::get_if<aws::Fault>(&answer))
            return respond(error_response(fault->status, fault->message));
          respond(json_response(std::get<json::object>(answer)));
        });
  }

  Runtime& runtime_;
  const aws::Service service_;
};

}  // namespace

void add_topic_routes(http::Router& router, Runtime& runtime) {
  auto api = std::make_shared<TopicApi>(runtime);
  const auto on = [&](const char* method, const char* pattern, auto handler) {
    router.on(method, pattern, [api, handler](ServerRequest request, Respond respond) {
      ((*api).*handler)(request, std::move(respond));
    });
  };
  on("GET", "/api/v1/topics", &TopicApi::list);
  on("GET", "/api/v1/topics/{topic}", &TopicApi::show);
  on("POST", "/api/v1/topics/{topic}/publish", &TopicApi::publish);
  on("POST", "/api/v1/topics/{topic}/subscribe", &TopicApi::subscribe);
  on("POST", "/api/v1/topics/{topic}/subscriptions/{subscription}/confirm", &TopicApi::confirm);
  on("POST", "/api/v1/topics/{topic}/subscriptions/{subscription}/unsubscribe",
     &TopicApi::unsubscribe);
}

}  // namespace belfry::app

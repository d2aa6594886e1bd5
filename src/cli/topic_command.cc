#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "http/url.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  ApiOptions api;
  Output output = Output::automatic;
  std::string topic, message, subject, group, deduplication;
  std::vector<std::string> attributes;  // NAME=VALUE
  std::string protocol, endpoint, filter, subscription;
  bool filter_body = false, raw = false;
};

std::string path_of(const Options& options, std::string_view rest = {}) {
  return fmt::format("/api/v1/topics/{}{}", http::percent_encode(options.topic), rest);
}

std::string flag_at(const json::value& object, std::string_view key) {
  const json::object* fields = object.if_object();
  const json::value* value = fields ? fields->if_contains(key) : nullptr;
  return value && value->is_bool() && value->get_bool() ? "yes" : "";
}

int list_topics(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.get("/api/v1/topics");
  if (!answer.error.empty()) return program.failed(answer.error);
  const json::array& topics = list_at(answer.body, "topics");
  if (print_structured(program.out, options.output, topics)) return kDone;
  Table table{{"topic", "subscriptions", "to be confirmed"}, {}, "no topics"};
  for (const auto& it : topics)
    table.rows.push_back({text_at(it, "name"), std::to_string(number_at(it, "subscriptions")),
                          std::to_string(number_at(it, "pending"))});
  print_table(program.out, table);
  return kDone;
}

int show_topic(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.get(path_of(options));
  if (!answer.error.empty()) return program.failed(answer.error);
  if (print_structured(program.out, options.output, answer.body)) return kDone;
  Table table{{"subscription", "protocol", "endpoint", "waiting", "to be confirmed", "filter"},
              {},
              "no subscriptions"};
  for (const auto& it : list_at(answer.body, "subscriptions"))
    table.rows.push_back({text_at(it, "id"), text_at(it, "protocol"),
                          program.out.safe(text_at(it, "endpoint")),
                          std::to_string(number_at(it, "waiting")), flag_at(it, "pending"),
                          program.out.safe(text_at(it, "filter"))});
  print_table(program.out, table);
  return kDone;
}

int publish(const Program& program, const Options& options) {
  json::object attributes;
  for (const std::string& attribute : options.attributes) {
    const size_t equals = attribute.find('=');
    if (equals == attribute.npos || equals == 0)
      return program.misused(fmt::format("--attribute takes NAME=VALUE, not '{}'", attribute));
    const std::string value = attribute.substr(equals + 1);
    // A number stays one, as filters on numbers want it.
    boost::system::error_code error;
    const json::value parsed = json::parse(value, error);
    attributes[attribute.substr(0, equals)] =
        !error && parsed.is_number() ? parsed : json::value(value);
  }
  json::object order{{"message", options.message}, {"attributes", std::move(attributes)}};
  for (const auto& [name, value] : {std::pair("subject", options.subject),
                                    {"group", options.group},
                                    {"deduplication", options.deduplication}})
    if (!value.empty()) order[name] = value;
  ApiClient api(options.api);
  const auto answer = api.post(path_of(options, "/publish"), order);
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(fmt::format("published as {}", text_at(answer.body, "MessageId")));
  return kDone;
}

int subscribe(const Program& program, const Options& options) {
  json::object order{{"protocol", options.protocol}, {"endpoint", options.endpoint}};
  if (!options.filter.empty()) order["filter"] = options.filter;
  if (options.filter_body) order["filter_scope"] = "body";
  if (options.raw) order["raw"] = "true";
  ApiClient api(options.api);
  const auto answer = api.post(path_of(options, "/subscribe"), order);
  if (!answer.error.empty()) return program.failed(answer.error);
  const std::string arn = text_at(answer.body, "SubscriptionArn");
  program.out.line(fmt::format("subscription {}", arn.substr(arn.rfind(':') + 1)));
  return kDone;
}

int act(const Program& program, const Options& options, const char* action, const char* done) {
  ApiClient api(options.api);
  const auto answer =
      api.post(path_of(options, fmt::format("/subscriptions/{}/{}",
                                            http::percent_encode(options.subscription), action)),
               json::object());
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(fmt::format("subscription {} {}", options.subscription, done));
  return kDone;
}

int confirm(const Program& program, const Options& options) {
  return act(program, options, "confirm", "is confirmed");
}

int unsubscribe(const Program& program, const Options& options) {
  return act(program, options, "unsubscribe", "has ended");
}

}  // namespace

void add_topic(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* topic = program.command(
      "topic", "look at topics, publish, subscribe",
      "  belfry topic list\n"
      "  belfry topic show news\n"
      "  belfry topic publish news 'The bell rang' --subject News --attribute amount=100\n"
      "  belfry topic subscribe news https https://example.org/hook --filter "
      "'{\"amount\":[{\"numeric\":[\">=\",100]}]}'\n"
      "  belfry topic confirm news 6f1c…          in the endpoint's stead\n"
      "  belfry topic unsubscribe news 6f1c…\n");
  topic->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description,
                       int (*run)(const Program&, const Options&)) {
    CLI::App* command = program.step(topic, name, description, options, run);
    if (name != "list")
      command->add_option("TOPIC", options->topic, "its name")->required()->type_name("");
    add_api_options(command, options->api);
    return command;
  };
  add_output_option(add("list", "list the topics", list_topics), options->output);
  add_output_option(add("show", "show a topic's subscriptions", show_topic), options->output);
  CLI::App* publishing = add("publish", "send a message to a topic's subscribers", publish);
  publishing->add_option("MESSAGE", options->message, "the text")->required()->type_name("");
  publishing->add_option("--subject", options->subject, "for e-mail")->type_name("TEXT");
  publishing->add_option("--attribute", options->attributes, "what subscriptions filter on")
      ->type_name("NAME=VALUE");
  publishing->add_option("--group", options->group, "of a FIFO topic: messages in order")
      ->type_name("ID");
  publishing
      ->add_option("--deduplication", options->deduplication, "of a FIFO topic: sent once only")
      ->type_name("ID");
  CLI::App* subscribing = add("subscribe", "send a topic's messages somewhere", subscribe);
  subscribing
      ->add_option("PROTOCOL", options->protocol,
                   "sms, email, email-json, http, https, sqs, lambda or application")
      ->required()
      ->type_name("");
  subscribing->add_option("ENDPOINT", options->endpoint, "a phone number, an address, an ARN")
      ->required()
      ->type_name("");
  subscribing->add_option("--filter", options->filter, "only messages that match")
      ->type_name("JSON");
  subscribing->add_flag("--filter-body", options->filter_body,
                        "the filter looks at the body, not at the attributes");
  subscribing->add_flag("--raw", options->raw, "send the body alone, without SNS's envelope");
  for (CLI::App* command :
       {add("confirm", "confirm a subscription in its endpoint's stead", confirm),
        add("unsubscribe", "end a subscription", unsubscribe)})
    command->add_option("SUBSCRIPTION", options->subscription, "its id, as `topic show` tells it")
        ->required()
        ->type_name("");
}

}  // namespace belfry::cli

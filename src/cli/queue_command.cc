#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  ApiOptions api;
  Output output = Output::automatic;
  std::string queue, to;
  uint64_t limit = 20;
};

int list_queues(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.get("/api/v1/status");
  if (!answer.error.empty()) return program.failed(answer.error);
  const json::array& queues = list_at(answer.body, "queues");
  if (print_structured(program.out, options.output, queues)) return kDone;
  Table table{{"queue", "waiting", "in flight", "delayed", "dead letters go to"}, {}, "no queues"};
  for (const auto& it : queues)
    table.rows.push_back({text_at(it, "name"), std::to_string(number_at(it, "visible")),
                          std::to_string(number_at(it, "in_flight")),
                          std::to_string(number_at(it, "delayed")),
                          text_at(it, "dead_letter_queue")});
  print_table(program.out, table);
  return kDone;
}

int peek(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer =
      api.get(fmt::format("/api/v1/queues/{}/messages?limit={}", options.queue, options.limit));
  if (!answer.error.empty()) return program.failed(answer.error);
  const json::array& messages = list_at(answer.body, "messages");
  if (print_structured(program.out, options.output, messages)) return kDone;
  Table table{{"sequence", "sent", "receives", "why it is here", "body"}, {}, "the queue is empty"};
  for (const auto& it : messages) {
    const json::object* object = it.if_object();
    const json::value* system = object ? object->if_contains("system") : nullptr;
    table.rows.push_back({text_at(it, "sequence"), text_at(it, "sent").substr(0, 19),
                          text_at(it, "receives"),
                          system ? program.out.safe(text_at(*system, "belfry.reason")) : "",
                          program.out.safe(text_at(it, "body"))});
  }
  print_table(program.out, table);
  return kDone;
}

int redrive(const Program& program, const Options& options) {
  ApiClient api(options.api);
  json::object order;
  if (!options.to.empty()) order["to"] = options.to;
  const auto answer = api.post(fmt::format("/api/v1/queues/{}/redrive", options.queue), order);
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(fmt::format("{} messages moved, {} left", number_at(answer.body, "moved"),
                               number_at(answer.body, "left")));
  return kDone;
}

int purge(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer =
      api.post(fmt::format("/api/v1/queues/{}/purge", options.queue), json::object());
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(fmt::format("queue {} is empty", options.queue));
  return kDone;
}

}  // namespace

void add_queue(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* queue = program.command(
      "queue", "look into queues, bring dead letters back",
      "  belfry queue list\n"
      "  belfry queue peek donations-dead\n"
      "  belfry queue redrive donations-dead            each message to the queue it failed in\n"
      "  belfry queue redrive donations-dead --to repair\n"
      "  belfry queue purge donations-dead\n");
  queue->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description,
                       int (*run)(const Program&, const Options&)) {
    CLI::App* command = program.step(queue, name, description, options, run);
    if (name != "list")
      command->add_option("QUEUE", options->queue, "its name")->required()->type_name("");
    add_api_options(command, options->api);
    return command;
  };
  add_output_option(add("list", "list the queues with what they hold", list_queues),
                    options->output);
  CLI::App* peeking = add("peek", "show the oldest messages without receiving them", peek);
  peeking->add_option("-n,--limit", options->limit, "how many at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000).description(""));
  add_output_option(peeking, options->output);
  add("redrive", "move dead letters back to the queue they failed in", redrive)
      ->add_option("--to", options->to, "move them here instead")
      ->type_name("QUEUE");
  add("purge", "delete every message of a queue", purge);
}

}  // namespace belfry::cli

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/storage.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "pipeline/store_destination.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  ApiOptions api;
  Output output = Output::automatic;
};

std::string painted_state(const Terminal& out, const std::string& state) {
  if (state == "stopped") return out.paint(Style::red, state);
  if (state == "following") return out.paint(Style::green, state);
  if (state == "waiting") return out.paint(Style::yellow, state);
  return state;
}

// Nobody knows it of a belfry that does not run.
std::string behind(const json::value& listener) {
  if (text_at(listener, "lag_blocks").empty()) return "-";
  return fmt::format("{} blocks, {}", with_separators(number_at(listener, "lag_blocks")),
                     short_duration(fraction_at(listener, "lag_seconds")));
}

void print_section(const Terminal& out, const std::string& title, const Table& table) {
  if (table.rows.empty()) return;
  if (out.is_terminal()) out.line("\n" + out.paint(Style::bold, title));
  print_table(out, table);
}

// What a person must know first: where it stopped, and what it waits for.
void print_troubles(const Terminal& out, const json::value& status) {
  const auto tell = [&](std::string_view kind, const json::value& it, std::string_view name) {
    if (const std::string reason = text_at(it, "reason"); !reason.empty())
      out.line(fmt::format("{} {} {}: {}", out.paint(Style::yellow, "!"), kind, text_at(it, name),
                           out.safe(reason)));
  };
  for (const auto& it : list_at(status, "networks")) {
    tell("network", it, "name");
    if (const std::string warning = text_at(it, "certificate_warning"); !warning.empty())
      out.line(fmt::format("{} network {}: {}", out.paint(Style::yellow, "!"), text_at(it, "name"),
                           warning));
  }
  for (const auto& it : list_at(status, "listeners")) tell("listener", it, "name");
  for (const auto& it : list_at(status, "functions")) tell("function", it, "name");
  for (const auto& it : list_at(status, "subscriptions")) tell("subscription", it, "id");
  for (const auto& it : list_at(status, "providers")) tell("provider", it, "name");
}

void print_status(const Terminal& out, const json::value& status) {
  Table networks{{"network", "channel", "height", "read", "source"}, {}, {}};
  for (const auto& it : list_at(status, "networks"))
    networks.rows.push_back({text_at(it, "name"), text_at(it, "channel"),
                             with_separators(number_at(it, "height")),
                             with_separators(number_at(it, "next_block")), text_at(it, "source")});
  print_section(out, "Networks", networks);

  Table listeners{
      {"listener", "to", "state", "next block", "behind", "delivered", "retries"}, {}, {}};
  for (const auto& it : list_at(status, "listeners"))
    listeners.rows.push_back(
        {text_at(it, "name"), text_at(it, "to"), painted_state(out, text_at(it, "state")),
         with_separators(number_at(it, "next_block")), behind(it),
         with_separators(number_at(it, "delivered")), with_separators(number_at(it, "retries"))});
  print_section(out, "Listeners", listeners);

  Table queues{{"queue", "waiting", "in flight", "delayed", "oldest"}, {}, {}};
  for (const auto& it : list_at(status, "queues"))
    queues.rows.push_back({text_at(it, "name"), with_separators(number_at(it, "visible")),
                           with_separators(number_at(it, "in_flight")),
                           with_separators(number_at(it, "delayed")),
                           text_at(it, "oldest_seconds").empty()
                               ? "-"
                               : short_duration(fraction_at(it, "oldest_seconds"))});
  print_section(out, "Queues", queues);

  Table functions{{"function", "queue", "done", "retries", "dead letters"}, {}, {}};
  for (const auto& it : list_at(status, "functions"))
    functions.rows.push_back({text_at(it, "name"), text_at(it, "queue"),
                              with_separators(number_at(it, "done")),
                              with_separators(number_at(it, "retries")),
                              with_separators(number_at(it, "dead_letters"))});
  print_section(out, "Functions", functions);

  Table subscriptions{
      {"topic", "subscription", "endpoint", "waiting", "done", "retries", "dead letters"}, {}, {}};
  for (const auto& it : list_at(status, "subscriptions"))
    subscriptions.rows.push_back({text_at(it, "topic"), text_at(it, "id"), text_at(it, "endpoint"),
                                  with_separators(number_at(it, "waiting")),
                                  with_separators(number_at(it, "done")),
                                  with_separators(number_at(it, "retries")),
                                  with_separators(number_at(it, "dead_letters"))});
  print_section(out, "Subscriptions", subscriptions);

  Table providers{{"provider", "connected", "sent", "put off", "refused"}, {}, {}};
  for (const auto& it : list_at(status, "providers"))
    providers.rows.push_back(
        {text_at(it, "name"), text_at(it, "connected") == "true" ? "yes" : "no",
         with_separators(number_at(it, "sent")), with_separators(number_at(it, "retried")),
         with_separators(number_at(it, "refused"))});
  print_section(out, "Providers", providers);
  if (out.is_terminal()) out.line();
  print_troubles(out, status);
}

// What a data directory tells when nobody runs it: places and queues.
Result<json::object> stopped_status(const std::string& folder) {
  auto storage = app::open_storage({}, folder, {}, false);
  if (!storage) return tl::unexpected(storage.error());
  json::array listeners, queues;
  for (const auto& [key, value] : storage->store->list("place/")) {
    const auto place = pipeline::decode_checkpoint(value);
    if (!place) continue;
    const size_t slash = key.find('/', 6);
    listeners.emplace_back(
        json::object{{"name", key.substr(6, slash - 6)},
                     {"to", slash == std::string::npos ? "" : key.substr(slash + 1)},
                     {"state", "not running"},
                     {"place", pipeline::to_string(place->next)},
                     {"next_block", place->next.block}});
  }
  for (const std::string& name : storage->store->queue_names()) {
    const queue::QueueCounts counts = storage->store->counts(*storage->store->find_queue(name));
    queues.emplace_back(json::object{{"name", name},
                                     {"visible", counts.visible},
                                     {"in_flight", counts.in_flight},
                                     {"delayed", counts.delayed}});
  }
  return json::object{{"running", false},
                      {"data", folder},
                      {"listeners", std::move(listeners)},
                      {"queues", std::move(queues)}};
}

int show_status(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const ApiClient::Answer answer = api.get("/api/v1/status");
  if (answer.reached && !answer.error.empty()) return program.failed(answer.error);
  if (answer.reached) {
    if (!print_structured(program.out, options.output, answer.body)) {
      if (program.out.is_terminal())
        program.out.line(fmt::format("belfry {} at {}, since {}", text_at(answer.body, "version"),
                                     api.address(), text_at(answer.body, "started").substr(0, 19)));
      print_status(program.out, answer.body);
    }
    return kDone;
  }
  if (!options.api.api.empty()) return program.failed(answer.error);
  auto stopped = stopped_status(data_folder_of(options.api));
  if (!stopped)
    return program.failed(fmt::format("{}; and {}", answer.error, stopped.error().message));
  if (!print_structured(program.out, options.output, *stopped)) {
    if (program.out.is_terminal())
      program.out.line(program.out.paint(
          Style::dim, fmt::format("not running; {} says:", data_folder_of(options.api))));
    print_status(program.out, *stopped);
  }
  return kDone;
}

}  // namespace

void add_status(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.command("status", "show where each listener stands, what waits and what failed",
                      "  belfry status\n"
                      "  belfry status --output json | jq '.listeners[].lag_blocks'\n"
                      "  belfry status --api 10.0.0.7:8740\n");
  add_api_options(command, options->api);
  add_output_option(command, options->output);
  program.on_run(command, [&program, options] { return show_status(program, *options); });
}

}  // namespace belfry::cli

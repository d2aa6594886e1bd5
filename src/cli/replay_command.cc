#include <fmt/format.h>

#include <boost/json.hpp>
#include <thread>

#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  ApiOptions api;
  std::string listener;
  std::optional<uint64_t> from, to;
  std::string into;
  bool accept_new_network = false;
  bool detach = false;
};

int accept(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.post(
      fmt::format("/api/v1/listeners/{}/accept-new-network", options.listener), json::object());
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(
      fmt::format("listener {} goes on with the network as it is now", options.listener));
  return kDone;
}

int replay(const Program& program, const Options& options) {
  if (!options.from || !options.to) {
    if (options.accept_new_network) return accept(program, options);
    return program.misused(
        "replay needs --from and --to, the first and the last block; or --accept-new-network");
  }
  if (options.accept_new_network)
    if (const int code = accept(program, options); code != kDone) return code;
  ApiClient api(options.api);
  json::object order{{"listener", options.listener}, {"from", *options.from}, {"to", *options.to}};
  if (!options.into.empty()) order["into"] = options.into;
  const auto started = api.post("/api/v1/replays", order);
  if (!started.error.empty()) return program.failed(started.error);
  const std::string id = text_at(started.body, "id");
  if (options.detach) {
    program.out.line(id);
    return kDone;
  }
  for (;;) {
    const auto answer = api.get("/api/v1/replays");
    if (!answer.error.empty()) return program.failed(answer.error);
    for (const auto& it : list_at(answer.body, "replays")) {
      if (text_at(it, "id") != id) continue;
      const bool finished = text_at(it, "finished") == "true";
      if (program.err.is_terminal())
        program.err.print(fmt::format("\rblock {} of {}, {} events{}", number_at(it, "next_block"),
                                      *options.to, with_separators(number_at(it, "events")),
                                      finished ? "\n" : "\x1b[K"));
      if (!finished) continue;
      if (const std::string error = text_at(it, "error"); !error.empty())
        return program.failed(error);
      program.out.line(fmt::format("{} events of blocks {} to {} were delivered again to {}",
                                   with_separators(number_at(it, "events")), *options.from,
                                   *options.to, text_at(it, "into")));
      return kDone;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace

void add_replay(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.command(
      "replay", "deliver a range of blocks again, through a listener's pattern and body",
      "  belfry replay donations --from 100 --to 128\n"
      "      the listener's own place stays where it is\n"
      "  belfry replay donations --from 0 --to 226 --into queue:repair\n"
      "  belfry replay donations --accept-new-network\n"
      "      the network was rebuilt, and that is all right\n");
  command->add_option("LISTENER", options->listener, "the listener")->required()->type_name("");
  command->add_option("--from", options->from, "the first block")->type_name("N");
  command->add_option("--to", options->to, "the last block")->type_name("N");
  command
      ->add_option(
          "--into", options->into,
          "where to, if not where the listener sends: queue:NAME, topic:NAME or function:NAME")
      ->type_name("PLACE");
  command->add_flag("--accept-new-network", options->accept_new_network,
                    "take the network as it now is for the one the listener followed");
  command->add_flag("--detach", options->detach, "do not wait for the end; print the replay's id");
  add_api_options(command, options->api);
  program.on_run(command, [&program, options] { return replay(program, *options); });
}

}  // namespace belfry::cli

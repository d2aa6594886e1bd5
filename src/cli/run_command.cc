#include <fmt/format.h>

#include "app/admin.h"
#include "app/aws_front.h"
#include "app/channel_runner.h"
#include "app/runtime.h"
#include "app/storage.h"
#include "base/log.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/stop_signals.h"

namespace belfry::cli {

namespace {

// What systemd, Docker and ECS grant by default is more; what is not done by then is done again at
// the next start.
constexpr Duration kStopDeadline = std::chrono::seconds(9);
constexpr Duration kTick = std::chrono::milliseconds(100);

struct Options {
  std::string config = "belfry.yaml";
  std::string data;
  std::string admin;
  std::string aws;
  std::optional<log::Format> log_format;
  std::optional<log::Level> log_level;
  bool until_finished = false;
};

void configure_log(const app::Config& config, const Options& options) {
  log::configure(options.log_level.value_or(config.log.level),
                 options.log_format.value_or(config.log.format));
}

void introduce(const Program& program, const app::Runtime& runtime, const std::string& admin,
               const std::string& folder) {
  const Terminal& err = program.err;
  if (!err.is_terminal()) return;
  const app::Config& config = runtime.config();
  err.line(fmt::format("{} {}  {}", err.paint(Style::bold, "belfry"), BELFRY_VERSION,
                       err.paint(Style::dim, config.file)));
  for (const auto& listener : config.listeners) {
    std::string to;
    for (const app::Target& target : listener.value.to)
      to += (to.empty() ? "" : ", ") + app::target_name(target);
    err.line(fmt::format("  {} {} {}  {}", err.paint(Style::cyan, listener.value.network.value),
                         err.paint(Style::dim, "─▶"), listener.name,
                         err.paint(Style::dim, "─▶ " + to)));
  }
  err.line(err.paint(
      Style::dim, fmt::format("  data {} · admin API http://{} · Ctrl-C stops\n", folder, admin)));
}

int run_belfry(const Program& program, const Options& options) {
  std::optional<app::Config> config = load(program, options.config);
  if (!config) return kMisused;
  if (!options.admin.empty()) config->admin.address = {options.admin, {}};
  if (!options.aws.empty()) {
    if (!config->aws) config->aws.emplace();
    config->aws->address = {options.aws, {}};
  }
  configure_log(*config, options);
  const StopSignals signals;  // before any thread, so that all inherit the mask
  const std::string folder = app::data_folder(*config, options.data);
  auto runtime = app::Runtime::open(*config, {}, folder, BELFRY_VERSION);
  if (!runtime) return program.failed(runtime.error().message);
  auto admin = app::AdminApi::start(**runtime, config->admin.address.value);
  if (!admin) return program.failed(admin.error().message);
  const std::string address = (*admin)->address();
  if (auto noted = replace_whole(posix_files(), admin_address_file(folder), address + "\n"); !noted)
    return program.failed(noted.error().message);
  std::unique_ptr<app::AwsFront> aws;
  if ((*runtime)->config().aws) {
    auto started = app::AwsFront::start(**runtime);
    if (!started) return program.failed(started.error().message);
    aws = std::move(*started);
    if (auto noted = replace_whole(posix_files(), aws_address_file(folder), aws->address() + "\n");
        !noted)
      return program.failed(noted.error().message);
    log::info("the AWS-compatible endpoint listens", {{"address", aws->address()}});
  }

  (*runtime)->start();
  introduce(program, **runtime, address, folder);
  log::info("belfry runs", {{"version", BELFRY_VERSION},
                            {"config", options.config},
                            {"data", folder},
                            {"admin", address}});
  Progress progress(program.err);
  int signal = 0;
  bool finished = false;
  while (signal == 0 && !finished) {
    signal = signals.wait(kTick);
    progress.show((*runtime)->status(), system_clock().monotonic());
    finished = options.until_finished && (*runtime)->finished();
  }
  progress.clear();
  log::info(signal ? "stopping"
                   : "finished: every source was read to its end and everything was delivered",
            {});
  signals.let_through();  // a second one ends us at once, which loses nothing
  const bool in_time = (*runtime)->stop(kStopDeadline);
  if (aws) (void)posix_files().remove(aws_address_file(folder)).has_value();
  aws.reset();
  admin->reset();
  (void)posix_files().remove(admin_address_file(folder)).has_value();
  runtime->reset();
  log::info(
      in_time ? "stopped"
              : "stopped before everything under way had ended: it is done again at the next start",
      {});
  return kDone;
}

}  // namespace

void add_run(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.command(
      "run", "run everything that belfry.yaml names, until stopped",
      "  belfry run\n"
      "  belfry run --config /etc/belfry/belfry.yaml --data /var/lib/belfry --log-format json\n"
      "  belfry run --until-finished          read block files to their end, deliver everything, "
      "and exit\n\n"
      "SIGTERM and Ctrl-C stop it in order within ten seconds. Nothing is lost whenever it "
      "dies.\n");
  add_config_option(command, options->config);
  command
      ->add_option("-d,--data", options->data,
                   "the data directory, by default what the configuration says or ./belfry-data")
      ->type_name("FOLDER");
  command
      ->add_option("--admin", options->admin,
                   "serve the admin API here instead of where the configuration says")
      ->type_name("HOST:PORT");
  command
      ->add_option("--aws", options->aws,
                   "serve the AWS-compatible endpoint here, whether or not the configuration does")
      ->type_name("HOST:PORT");
  add_choice<std::optional<log::Format>>(command, "--log-format", options->log_format,
                                         {{"text", log::Format::text}, {"json", log::Format::json}},
                                         "text or json");
  add_choice<std::optional<log::Level>>(command, "--log-level", options->log_level,
                                        {{"debug", log::Level::debug},
                                         {"info", log::Level::info},
                                         {"warn", log::Level::warn},
                                         {"error", log::Level::error}},
                                        "debug, info, warn or error");
  command->add_flag("--until-finished", options->until_finished,
                    "exit once sources that end were read and everything was delivered");
  program.on_run(command, [&program, options] { return run_belfry(program, *options); });
}

}  // namespace belfry::cli

#include <fmt/format.h>

#include "app/channel_runner.h"
#include "app/dry_run.h"
#include "app/network.h"
#include "base/bytes.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/secret_lookup.h"

namespace belfry::cli {

namespace {

struct Options {
  std::string file = "belfry.yaml";
  std::string against, network;
  size_t limit = 3;
  bool connect = false;
};

std::string amount(size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

void summarize(const Program& program, const app::Config& config, const std::string& file) {
  size_t subscriptions = 0;
  for (const auto& topic : config.topics) subscriptions += topic.value.subscriptions.size();
  program.out.line(fmt::format("{} {} is good: {}, {}, {}, {}, {}, {}",
                               program.out.paint(Style::green, "✓"), file,
                               amount(config.networks.entries.size(), "network", "networks"),
                               amount(config.listeners.entries.size(), "listener", "listeners"),
                               amount(config.queues.entries.size(), "queue", "queues"),
                               amount(config.functions.entries.size(), "function", "functions"),
                               amount(config.topics.entries.size(), "topic", "topics"),
                               amount(subscriptions, "subscription", "subscriptions")));
}

int connect(const Program& program, const app::Config& config, const std::string& file) {
  int code = kDone;
  for (const auto& entry : config.networks) {
    auto network = app::Network::make(entry.value, {}, secret_lookup(config, {file, "", ""}));
    if (!network) {
      code = program.failed(fmt::format("network {}: {}", entry.name, network.error().message));
      continue;
    }
    auto info = (*network)->source().info({});
    if (auto* end = std::get_if<pipeline::StreamEnd>(&info)) {
      program.err.line(fmt::format("{} {}: {} ({})", program.err.paint(Style::red, "✗"), entry.name,
                                   end->reason, end->code));
      code = kFailed;
      continue;
    }
    const auto& channel = std::get<pipeline::ChannelInfo>(info);
    program.out.line(fmt::format("{} {}: {} reached, channel {} has {} blocks, genesis {}…",
                                 program.out.paint(Style::green, "✓"), entry.name,
                                 (*network)->source().describe(), (*network)->channel(),
                                 with_separators(channel.height),
                                 hex(channel.genesis_hash).substr(0, 12)));
  }
  return code;
}

void print_dry_run(const Program& program, const app::DryRun& dry, const Options& options) {
  const Terminal& out = program.out;
  const auto title = [&](std::string_view text) { out.line("\n" + out.paint(Style::bold, text)); };
  title(fmt::format("What would happen with {}", options.against));
  for (const auto& network : dry.status.networks) {
    out.line(fmt::format("  {} blocks of channel {} were read",
                         with_separators(network.channel.blocks), network.channel.channel));
    for (const auto& lane : network.channel.lanes) {
      out.line(fmt::format("  listener {} sends {} events to {}",
                           out.paint(Style::cyan, lane.listener), with_separators(lane.delivered),
                           lane.destination));
      if (!lane.reason.empty())
        out.line("    " + out.paint(Style::red, fmt::format("{}: {}", lane.code, lane.reason)));
    }
  }
  for (const auto& function : dry.status.functions)
    out.line(fmt::format(
        "  function {} handles {} messages{}", out.paint(Style::cyan, function.name),
        with_separators(function.worker.done),
        function.worker.dead_letters
            ? out.paint(Style::red,
                        fmt::format(", gives up {}", with_separators(function.worker.dead_letters)))
            : ""));
  for (const auto& subscription : dry.status.subscriptions) {
    const auto count = dry.by_recipient.find(subscription.endpoint);
    out.line(fmt::format("  topic {} tells {} {} times", subscription.topic,
                         out.paint(Style::cyan, subscription.endpoint),
                         with_separators(count == dry.by_recipient.end() ? 0 : count->second)));
    for (const auto& message : dry.messages)
      if (message.to == subscription.endpoint && message.topic == subscription.topic)
        out.line(out.paint(Style::dim, "    " + out.safe(message.text)));
  }
  if (dry.failed == 0) return;
  title(fmt::format("{} would become dead letters", amount(dry.failed, "message", "messages")));
  for (const auto& failure : dry.failures) {
    out.line(
        fmt::format("  {}: {}", failure.from, out.paint(Style::red, out.safe(failure.reason))));
    out.line(out.paint(Style::dim, "    " + out.safe(failure.body.substr(0, 200))));
  }
}

int run_against(const Program& program, const app::Config& config, const Options& options) {
  std::string network = options.network;
  if (network.empty() && config.networks.entries.size() == 1)
    network = config.networks.entries[0].name;
  if (!config.networks.find(network))
    return program.misused("say with --network which network the blocks stand for");
  if (!posix_files().exists(options.against))
    return program.misused(fmt::format("--against: {} does not exist", options.against));
  log::configure(log::Level::error, log::Format::text);
  const auto dry =
      app::dry_run(config, network, options.against, options.limit, BELFRY_VERSION, {});
  if (!dry) return program.failed(dry.error().message);
  print_dry_run(program, *dry, options);
  for (const auto& it : dry->status.networks)
    for (const auto& lane : it.channel.lanes)
      if (lane.state == pipeline::LaneState::stopped) return kFailed;
  return dry->failed == 0 ? kDone : kFailed;
}

int check(const Program& program, const Options& options) {
  const auto config = load(program, options.file);
  if (!config) return kMisused;
  summarize(program, *config, options.file);
  int code = kDone;
  if (options.connect) code = connect(program, *config, options.file);
  if (!options.against.empty())
    if (const int dry = run_against(program, *config, options); dry != kDone) code = dry;
  return code;
}

}  // namespace

void add_check(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.command(
      "check", "lint belfry.yaml; try it on recorded blocks or on its peers, sending nothing",
      "  belfry check\n"
      "  belfry check --connect                         also ask each network's peers\n"
      "  belfry check --against mychannel.blockfile     which events match, what would be sent to "
      "whom\n\n"
      "Exit code 2: the file is wrong. 1: a peer cannot be reached, or messages would become dead "
      "letters.\n");
  command->add_option("FILE", options->file, "the configuration")
      ->capture_default_str()
      ->type_name("");
  command->add_option("--against", options->against, "a block file or folder to try it on")
      ->type_name("BLOCKS");
  command
      ->add_option("--network", options->network,
                   "the network that these blocks stand for, if there are several")
      ->type_name("NAME");
  command->add_option("-n,--limit", options->limit, "messages shown of each recipient")
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--connect", options->connect, "ask each network's peers for the channel");
  program.on_run(command, [&program, options] { return check(program, *options); });
}

}  // namespace belfry::cli

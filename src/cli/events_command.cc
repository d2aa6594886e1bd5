#include <fmt/format.h>

#include "app/network.h"
#include "app/patterns.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/event_printer.h"
#include "cli/output.h"
#include "cli/secret_lookup.h"
#include "cli/stop_signals.h"
#include "fabric/creator_names.h"
#include "pipeline/block_check.h"
#include "pipeline/selector.h"

namespace belfry::cli {

namespace {

using pipeline::StreamEnd;

struct Options {
  std::string source;
  std::string config = "belfry.yaml";
  std::optional<uint64_t> from, to;
  uint64_t limit = 0;
  std::string match;
  bool invalid = false;
  bool follow = false;
  EventForm form = EventForm::automatic;
  // Of a peer.
  std::string tls_ca, msp, certificate, key, channel, name;
  bool plaintext = false;
};

// The source as a network: block files, a network of the configuration, or a peer's address.
std::optional<app::NetworkConfig> network_of(const Program& program, const Options& options,
                                             std::string& name, app::SecretLookup& secrets) {
  app::NetworkConfig network;
  name = options.source;
  if (posix_files().exists(options.source)) {
    network.blocks = {options.source, {}};
    network.channel = {options.channel, {}};
    name = "blocks";
    network.follow = options.follow;
    return network;
  }
  if (posix_files().exists(options.config)) {
    const app::ConfigResult config =
        app::load_config(posix_files(), options.config, app::process_environment());
    if (const app::NetworkConfig* found = config.config.networks.find(options.source)) {
      if (!config.ok()) return load(program, options.config), std::nullopt;
      network = *found;
      network.follow = options.follow;
      secrets = secret_lookup(config.config, {options.config, "", ""});
      return network;
    }
  }
  if (options.source.find(':') == std::string::npos) {
    program.misused(
        fmt::format("'{}' is no file or folder here, no network of {}, and no HOST:PORT of a peer",
                    options.source, options.config));
    return {};
  }
  std::string missing;
  for (const auto& [flag, value] : {std::pair{"--channel", &options.channel},
                                    {"--msp", &options.msp},
                                    {"--cert", &options.certificate},
                                    {"--key", &options.key}})
    if (value->empty()) missing += std::string(missing.empty() ? "" : ", ") + flag;
  if (!missing.empty()) {
    program.misused(fmt::format("to read from the peer {}, also give {}", options.source, missing));
    return {};
  }
  app::PeerConfig peer;
  peer.address = {options.source, {}};
  peer.tls_ca = {options.tls_ca, {}};
  peer.name = {options.name, {}};
  peer.plaintext = options.plaintext;
  network.channel = {options.channel, {}};
  network.msp = {options.msp, {}};
  network.peers.push_back(peer);
  network.identity = app::IdentityConfig{{options.certificate, {}}, {options.key, {}}, {}};
  return network;
}

class EventReader {
 public:
  EventReader(const Program& program, const Options& options, const StopOnSignal& stop,
              app::Network& network, std::string name, std::unique_ptr<pipeline::Selector> selector)
      : program_(program),
        options_(options),
        stop_(stop),
        network_(network),
        name_(std::move(name)),
        selector_(std::move(selector)),
        printer_(program.out, options.form) {}

  int run() {
    const std::stop_token stop = stop_.token();
    auto info = network_.source().info(stop);
    if (auto* end = std::get_if<StreamEnd>(&info)) return ended(*end);
    const auto& channel = std::get<pipeline::ChannelInfo>(info);
    const std::string genesis = hex(channel.genesis_hash);
    if (options_.from && *options_.from > channel.height)
      return program_.failed(fmt::format("block {} does not exist yet: there are {} blocks",
                                         *options_.from, channel.height));
    const uint64_t first = options_.from.value_or(0);
    const uint64_t last = options_.to       ? *options_.to
                          : options_.follow ? UINT64_MAX
                                            : channel.height - 1;
    if (first > last || (!options_.follow && first >= channel.height)) return finish();

    decode::WalkOptions walk;
    walk.genesis = genesis;
    walk.network = name_;
    walk.channel = network_.channel();
    walk.creator_name = names_.resolver();
    pipeline::BlockCheck check;
    if (const auto verifier = network_.verifier()) {
      auto made = verifier(first, channel.genesis_hash, stop);
      if (auto* end = std::get_if<StreamEnd>(&made)) return ended(*end);
      check.use(std::get<std::unique_ptr<pipeline::BlockVerifier>>(std::move(made)));
    }
    auto opened = network_.source().open(first, stop);
    if (auto* end = std::get_if<StreamEnd>(&opened)) return ended(*end);
    auto& stream = *std::get<std::unique_ptr<pipeline::BlockStream>>(opened);
    for (;;) {
      auto next = stream.next(stop);
      if (auto* end = std::get_if<StreamEnd>(&next)) {
        if (end->next == StreamEnd::Next::finished) return finish();
        return ended(*end);
      }
      const auto& block = std::get<decode::Block>(next);
      if (const auto mistrust = check.check(block))
        return program_.failed(fmt::format("{} ({})", mistrust->reason, mistrust->code));
      selector_->select(block, walk, 0, scratch_, [&](const event::Event& event, auto) {
        if (!full()) printer_.print(event);
      });
      printer_.flush();
      if (full() || block.number >= last) return finish();
    }
  }

 private:
  bool full() const { return options_.limit != 0 && printer_.count() >= options_.limit; }
  int ended(const StreamEnd& end) const {
    if (stop_.token().stop_requested()) return kDone;
    return program_.failed(fmt::format("{} ({})", end.reason, end.code));
  }
  int finish() {
    printer_.finish();
    return kDone;
  }

  const Program& program_;
  const Options& options_;
  const StopOnSignal& stop_;
  app::Network& network_;
  const std::string name_;
  std::unique_ptr<pipeline::Selector> selector_;
  pipeline::Selector::Scratch scratch_;
  fabric::CreatorNames names_;
  EventPrinter printer_;
};

int print_events(const Program& program, const Options& options) {
  auto json = options.match.empty() ? Result<std::string>("") : app::json_from_yaml(options.match);
  if (!json) return program.misused("--match: " + json.error().message);
  auto pattern = app::listener_pattern(*json, options.invalid);
  if (!pattern)
    return program.misused(
        fmt::format("--match: {} (at {})", pattern.error().message,
                    json->substr(std::min(pattern.error().offset, json->size()), 30)));
  auto selector = pipeline::Selector::make({*pattern});
  if (!selector) return program.misused("--match: " + selector.error().message);
  std::string name;
  app::SecretLookup secrets;
  const auto config = network_of(program, options, name, secrets);
  if (!config) return kMisused;
  const StopOnSignal stop;  // before the network's threads
  auto network = app::Network::make(*config, {}, secrets);
  if (!network) return program.failed(network.error().message);
  return EventReader(program, options, stop, **network, name, std::move(*selector)).run();
}

}  // namespace

void add_events(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.command(
      "events", "print the events of block files, of a network of belfry.yaml, or of a peer",
      "  belfry events /var/hyperledger/production/ledgersData/chains/chains/mychannel\n"
      "  belfry events mychannel.blockfile --match '{event: donationCreated, payload: "
      "{donationAmount: [{numeric: [\">=\", 100]}]}}'\n"
      "  belfry events mychannel.blockfile --match '{kind: transaction}' --invalid --output json | "
      "jq -r .validation | sort | uniq -c\n"
      "  belfry events charity --from 100 --follow\n"
      "  belfry events peer0.org1.example.com:7051 --channel mychannel --msp Org1MSP \\\n"
      "      --tls-ca org1-tlsca.pem --cert listener.pem --key listener.key\n");
  command
      ->add_option("SOURCE", options->source,
                   "block files, a network's name, or a peer's HOST:PORT")
      ->required()
      ->type_name("");
  command->add_option("--from", options->from, "the first block")->type_name("N");
  command->add_option("--to", options->to, "the last block")->type_name("N");
  command->add_option("-n,--limit", options->limit, "stop after so many events")->type_name("N");
  command
      ->add_option(
          "-m,--match", options->match,
          "a pattern, as a listener's (docs/patterns.md); without it every chaincode event")
      ->type_name("PATTERN");
  command->add_flag("--invalid", options->invalid,
                    "also of transactions that the network found invalid");
  command->add_flag("-f,--follow", options->follow, "wait for more at the end");
  add_choice<EventForm>(
      command, "-o,--output", options->form,
      {{"json", EventForm::json},
       {"cloudevents", EventForm::cloudevents},
       {"table", EventForm::table}},
      "json, cloudevents or table; by default a table on a terminal and JSON lines in a pipe");
  add_config_option(command, options->config);
  const std::string peer = "Of a peer";
  command->add_option("--channel", options->channel, "the channel")->type_name("NAME")->group(peer);
  command->add_option("--msp", options->msp, "our MSP id")->type_name("ID")->group(peer);
  command->add_option("--cert", options->certificate, "our certificate")
      ->type_name("PEM")
      ->group(peer);
  command->add_option("--key", options->key, "its private key")->type_name("PEM")->group(peer);
  command->add_option("--tls-ca", options->tls_ca, "the authorities of the peer's TLS certificate")
      ->type_name("PEM")
      ->group(peer);
  command
      ->add_option("--tls-name", options->name,
                   "the name in the peer's certificate, if not the address")
      ->type_name("HOST")
      ->group(peer);
  command->add_flag("--plaintext", options->plaintext, "connect without TLS")->group(peer);
  program.on_run(command, [&program, options] { return print_events(program, *options); });
}

}  // namespace belfry::cli

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/fabric_advice.h"
#include "cli/fabric_options.h"
#include "cli/output.h"
#include "fabric/channel_queries.h"
#include "fabric/channel_update.h"
#include "fabric/participation_client.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;
using fabric::ClientNetwork;

constexpr uint64_t kMostBlockBytes = 1 << 30;

struct Options {
  FabricOptions fabric;
  Output output = Output::automatic;
  std::string orderer_admin, block, position, file, out_file;
};

// The orderer's admin API is spoken with TLS files of its own, and needs no network.
fabric::ParticipationClient participation(const Options& options) {
  const FabricOptions& it = options.fabric;
  const auto& authorities = it.orderer_ca.empty() ? it.tls_ca : it.orderer_ca;
  return fabric::ParticipationClient({.address = options.orderer_admin,
                                      .authorities = authorities.empty() ? "" : authorities[0],
                                      .certificate = it.tls_certificate,
                                      .key = it.tls_key,
                                      .plaintext = it.plaintext});
}

int list_of_orderer(const Program& program, const Options& options) {
  auto client = participation(options);
  auto channels = client.channels();
  if (!channels) return program.failed(with_advice(channels.error().message));
  json::array all{
      json::object{{"orderer", options.orderer_admin}, {"channels", json::value_from(*channels)}}};
  Table table{{"channel", "status", "relation", "height"}, {}, "no channels"};
  for (const std::string& name : *channels)
    if (auto it = client.channel(name))
      table.rows.push_back(
          {program.out.safe(name), it->status, it->relation, with_separators(it->height)});
  if (!print_structured(program.out, options.output, all)) print_table(program.out, table);
  return kDone;
}

int list(const Program& program, const Options& options) {
  if (!options.orderer_admin.empty()) return list_of_orderer(program, options);
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  json::array all;
  Table table{{"peer", "channels"}, {}, "no peers"};
  for (const auto& network : clients)
    for (const ClientNetwork::Peer* peer : network->own_peers()) {
      auto answer = network->ask(*peer, fabric::joined_channels());
      if (!answer) return fabric_failed(program, answer.error());
      auto channels = fabric::read_joined_channels(*answer);
      if (!channels) return program.failed(channels.error().message);
      all.push_back(json::object{{"peer", peer->name}, {"channels", json::value_from(*channels)}});
      table.rows.push_back(
          {peer->name, program.out.safe(fmt::format("{}", fmt::join(*channels, ", ")))});
    }
  if (!print_structured(program.out, options.output, all)) print_table(program.out, table);
  return kDone;
}

int info(const Program& program, const Options& options) {
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  json::array all;
  Table table{{"peer", "height", "last block's hash"}, {}, "no peers"};
  int answered = 0;
  for (const auto& peer : clients[0]->peers()) {
    auto answer = clients[0]->ask(*peer, fabric::chain_info(clients[0]->channel()));
    if (!answer) {
      code = fabric_failed(program, answer.error());
      continue;
    }
    auto chain = fabric::read_chain_info(*answer);
    if (!chain) return program.failed(chain.error().message);
    ++answered;
    all.push_back(json::object{{"peer", peer->name},
                               {"channel", clients[0]->channel()},
                               {"height", chain->height},
                               {"current_hash", hex(chain->current_hash)},
                               {"previous_hash", hex(chain->previous_hash)}});
    table.rows.push_back({peer->name, with_separators(chain->height), hex(chain->current_hash)});
  }
  if (answered == 0) return code;
  if (!print_structured(program.out, options.output, all)) print_table(program.out, table);
  return code;
}

json::array addresses(const std::vector<msp::Address>& list) {
  json::array out;
  for (const msp::Address& it : list)
    out.push_back(json::value(fmt::format("{}:{}", it.host, it.port)));
  return out;
}

// The configuration keeps its groups in no order.
std::vector<msp::Organization> by_name(std::vector<msp::Organization> organizations) {
  std::ranges::sort(organizations, {}, &msp::Organization::name);
  return organizations;
}

json::object config_json(const msp::ChannelConfig& config) {
  json::array organizations, orderers;
  for (const msp::Organization& it : by_name(config.application))
    organizations.push_back(json::object{
        {"name", it.name}, {"msp", it.msp_id}, {"anchor_peers", addresses(it.anchor_peers)}});
  for (const msp::Organization& it : by_name(config.orderers))
    orderers.push_back(json::object{
        {"name", it.name}, {"msp", it.msp_id}, {"endpoints", json::value_from(it.endpoints)}});
  json::array consenters;
  for (const msp::Consenter& it : config.consenters)
    consenters.push_back(json::value(fmt::format("{}:{}", it.address.host, it.address.port)));
  return {{"channel", config.channel},
          {"sequence", config.sequence},
          {"organizations", std::move(organizations)},
          {"orderers", std::move(orderers)},
          {"orderer_addresses", json::value_from(config.orderer_addresses)},
          {"consensus", config.consensus_type},
          {"consenters", std::move(consenters)},
          {"batch",
           {{"max_messages", config.batch.max_messages},
            {"absolute_max_bytes", config.batch.absolute_max_bytes},
            {"preferred_max_bytes", config.batch.preferred_max_bytes},
            {"timeout", config.batch.timeout}}},
          {"capabilities",
           {{"channel", json::value_from(config.channel_capabilities)},
            {"orderer", json::value_from(config.orderer_capabilities)},
            {"application", json::value_from(config.application_capabilities)}}},
          {"acls", json::value_from(config.acls)}};
}

int config(const Program& program, const Options& options) {
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  auto config = clients[0]->channel_config();
  if (!config) return fabric_failed(program, config.error());
  // A tree reads best as YAML where nothing else is asked for.
  const Output output = options.output == Output::automatic || options.output == Output::table
                            ? Output::yaml
                            : options.output;
  print_structured(program.out, output, config_json(*config));
  return kDone;
}

Result<fabric::BlockPosition> position_of(const std::string& word) {
  if (word == "oldest") return fabric::BlockPosition(uint64_t{0});
  if (word == "newest") return fabric::BlockPosition(fabric::Newest{});
  if (word == "config") return fabric::BlockPosition(fabric::LastConfig{});
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size())
    return fabric::BlockPosition(number);
  return fail(fmt::format("a block is oldest, newest, config, or a number, not '{}'", word));
}

// From the orderers where one is named, else from the first peer that answers.
fabric::RpcResult<std::string> fetch_from(ClientNetwork& network, const Options& options,
                                          fabric::BlockPosition position) {
  fabric::RpcResult<std::string> block = fabric::refuse("there is nobody to ask");
  if (!options.fabric.orderers.empty()) {
    auto orderers = network.orderers();
    if (!orderers) return tl::unexpected(orderers.error());
    for (const fabric::OrdererClient& orderer : *orderers) {
      block = fabric::fetch_block(orderer, network.channel(), position, network.requester(),
                                  network.patience());
      if (block || block.error().kind == fabric::RpcError::Kind::refused) break;
    }
    return block;
  }
  for (const auto& peer : network.peers()) {
    block = fabric::fetch_block(peer->client, network.channel(), position, network.requester(),
                                network.patience());
    if (block || block.error().kind == fabric::RpcError::Kind::refused) break;
  }
  return block;
}

int fetch(const Program& program, const Options& options) {
  auto position = position_of(options.position);
  if (!position) return program.misused(position.error().message);
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  auto block = fetch_from(*clients[0], options, *position);
  if (!block) return fabric_failed(program, block.error());
  if (auto written = replace_whole(posix_files(), options.file, *block); !written)
    return program.failed(written.error().message);
  program.err.line(fmt::format("{}: {} bytes", options.file, with_separators(block->size())));
  return kDone;
}

int join_orderer(const Program& program, const Options& options) {
  auto block = read_whole(posix_files(), options.block, kMostBlockBytes);
  if (!block) return program.misused(block.error().message);
  auto joined = participation(options).join(*block);
  if (!joined) return program.failed(joined.error().message);
  program.out.line(fmt::format("{} joined {}: {}, {}, height {}", options.orderer_admin,
                               program.out.safe(joined->name), joined->status, joined->relation,
                               joined->height));
  return kDone;
}

int join(const Program& program, const Options& options) {
  if (!options.orderer_admin.empty()) {
    if (options.block.empty()) return program.misused("an orderer joins with --block FILE");
    return join_orderer(program, options);
  }
  if (options.block.empty() && options.fabric.orderers.empty())
    return program.misused(
        "give the channel's first block with --block FILE, or --orderer "
        "HOST:PORT to fetch it from");
  FabricOptions wanted = options.fabric;
  wanted.wants_channel = options.block.empty();
  int code = kDone;
  auto clients = open_fabric(program, wanted, code);
  if (clients.empty()) return code;
  std::string bytes;
  if (options.block.empty()) {
    auto block = fetch_from(*clients[0], options, uint64_t{0});
    if (!block) return fabric_failed(program, block.error());
    bytes = std::move(*block);
  } else {
    auto block = read_whole(posix_files(), options.block, kMostBlockBytes);
    if (!block) return program.misused(block.error().message);
    bytes = std::move(*block);
  }
  auto config = msp::ChannelConfig::from_block(bytes);
  if (!config)
    return program.misused(
        fmt::format("the block is no channel's first one: {}", config.error().message));
  for (const auto& network : clients)
    for (const ClientNetwork::Peer* peer : network->own_peers()) {
      auto joined = network->ask(*peer, fabric::join_channel(bytes));
      const bool already =
          !joined && joined.error().message.find("already exists with state") != std::string::npos;
      if (!joined && !already) {
        code = fabric_failed(program, {joined.error().kind,
                                       fmt::format("{}: {}", peer->name, joined.error().message)});
        continue;
      }
      program.out.line(fmt::format("{} {} {}", peer->name,
                                   already ? "had joined already" : "joined",
                                   program.out.safe(config->channel)));
    }
  return code;
}

int update(const Program& program, const Options& options) {
  auto bytes = read_whole(posix_files(), options.file, kMostBlockBytes);
  if (!bytes) return program.misused(bytes.error().message);
  auto update = fabric::read_channel_update(*bytes);
  if (!update) return program.misused(fmt::format("{}: {}", options.file, update.error().message));
  FabricOptions wanted = options.fabric;
  if (wanted.channel.empty()) wanted.channel = update->channel;
  if (wanted.channel != update->channel)
    return program.misused(
        fmt::format("the update is for channel {}, not {}", update->channel, wanted.channel));
  int code = kDone;
  auto clients = open_fabric(program, wanted, code);
  if (clients.empty()) return code;
  ClientNetwork& first = *clients[0];
  const fabric::Requester who = first.requester();
  for (const auto& network : clients)
    fabric::sign_channel_update(*update, network->identity(), who.random);
  const std::string envelope = fabric::channel_update_envelope(
      *update, first.peers()[0]->client.tls_cert_hash(), who.identity, who.clock, who.random);
  if (!options.out_file.empty()) {
    if (auto written = replace_whole(posix_files(), options.out_file, envelope); !written)
      return program.failed(written.error().message);
    program.out.line(fmt::format("{}: signed by {}", options.out_file, update->signatures));
    return kDone;
  }
  if (auto sent = first.broadcast(envelope); !sent) return fabric_failed(program, sent.error());
  program.out.line(fmt::format("the update of {}, signed by {}, was ordered",
                               program.out.safe(update->channel), update->signatures));
  return kDone;
}

void add_orderer_admin(CLI::App* command, std::string& address) {
  command
      ->add_option("--orderer-admin", address,
                   "of this orderer, over its admin address; with --orderer-ca, --tls-cert, "
                   "--tls-key")
      ->type_name("HOST:PORT");
}

}  // namespace

void add_channel(Program& program) {
  CLI::App* command =
      program.command("channel", "look at channels, fetch blocks, join, and change configuration",
                      "  belfry channel info\n"
                      "  belfry channel fetch config config.block\n");
  command->require_subcommand(1);

  auto options = std::make_shared<Options>();
  options->fabric.administers = true;
  options->fabric.wants_channel = false;
  CLI::App* it = program.step(
      command, "list", "the channels that peers, or an orderer, have joined", options, list,
      "  belfry channel list\n"
      "  belfry channel list --orderer-admin orderer:7053 --orderer-ca ca.crt \\\n"
      "      --tls-cert admin.crt --tls-key admin.key\n");
  add_orderer_admin(it, options->orderer_admin);
  add_output_option(it, options->output);
  add_fabric_options(it, options->fabric, true);

  options = std::make_shared<Options>();
  it = program.step(
      command, "info", "height and newest hash at each peer", options, info,
      "  belfry channel info\n  belfry channel info --network charity --output json\n");
  add_output_option(it, options->output);
  add_fabric_options(it, options->fabric, false);

  options = std::make_shared<Options>();
  it = program.step(
      command, "config", "who is in the channel, who orders it, and how blocks are cut", options,
      config,
      "  belfry channel config\n  belfry channel config --output json | jq .organizations\n");
  add_output_option(it, options->output);
  add_fabric_options(it, options->fabric, false);

  options = std::make_shared<Options>();
  it = program.step(
      command, "fetch", "write a block to a file, as the peer or orderer has it", options, fetch,
      "  belfry channel fetch newest newest.block\n"
      "  belfry channel fetch 0 genesis.block --orderer localhost:7050 --orderer-ca ca.crt\n");
  it->add_option("BLOCK", options->position, "oldest, newest, config, or a number")
      ->required()
      ->type_name("");
  it->add_option("FILE", options->file, "where to write it")->required()->type_name("");
  add_fabric_options(it, options->fabric, false);

  options = std::make_shared<Options>();
  options->fabric.administers = true;
  it = program.step(command, "join", "have all peers of the organization, or an orderer, join",
                    options, join,
                    "  belfry channel join --block genesis.block\n"
                    "  belfry channel join --block genesis.block --orderer-admin orderer:7053 \\\n"
                    "      --orderer-ca ca.crt --tls-cert admin.crt --tls-key admin.key\n");
  it->add_option("--block", options->block, "the channel's first block")->type_name("FILE");
  add_orderer_admin(it, options->orderer_admin);
  add_fabric_options(it, options->fabric, true);

  options = std::make_shared<Options>();
  options->fabric.administers = true;
  it = program.step(
      command, "update", "sign a configuration update, and have it ordered", options, update,
      "  belfry channel update update.pb\n"
      "  belfry channel update update.pb --network org1 --network org2\n"
      "  belfry channel update update.pb --sign-only signed.pb     for another's signature\n");
  it->add_option("FILE", options->file,
                 "from configtxlator compute_update, or signed by others already")
      ->required()
      ->type_name("");
  it->add_option("--sign-only", options->out_file, "write it signed, and send nothing")
      ->type_name("FILE");
  add_fabric_options(it, options->fabric, true);
}

}  // namespace belfry::cli

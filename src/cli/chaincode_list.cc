#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <future>
#include <map>
#include <set>

#include "cli/chaincode_command.h"
#include "cli/output.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;
using fabric::ClientNetwork;
using fabric::RpcResult;

struct Options {
  FabricOptions fabric;
  Output output = Output::automatic;
  std::string name;
};

// A package, and the peers that have it.
struct Installed {
  fabric::InstalledChaincode package;
  std::vector<std::string> peers;
};
using InstalledById = std::map<std::string, Installed>;

RpcResult<InstalledById> installed_on(ClientNetwork& network) {
  const auto peers = network.own_peers();
  std::vector<std::future<RpcResult<std::string>>> asked;
  for (const ClientNetwork::Peer* peer : peers)
    asked.push_back(std::async(std::launch::async, [&network, peer] {
      return network.ask(*peer, fabric::installed_chaincodes());
    }));
  InstalledById out;
  std::optional<fabric::RpcError> failure;
  for (size_t i = 0; i < peers.size(); ++i) {
    auto answer = asked[i].get();
    if (!answer) {
      failure = answer.error();
      continue;
    }
    auto packages = fabric::read_installed_list(*answer);
    if (!packages) return fabric::refuse(packages.error().message);
    for (fabric::InstalledChaincode& it : *packages) {
      Installed& one = out[it.package_id];
      one.peers.push_back(peers[i]->name);
      one.package.used.merge(it.used);
      one.package.package_id = it.package_id;
      one.package.label = it.label;
    }
  }
  if (failure) return tl::unexpected(*failure);
  return out;
}

// One line of the list: a chaincode, or a package that none uses.
struct Row {
  std::string name;
  std::optional<fabric::CommittedChaincode> committed;
  std::optional<fabric::ApprovedChaincode> approved;
  std::string package_id;
  std::vector<std::string> peers;
};

RpcResult<std::vector<Row>> rows_of(ClientNetwork& network, const std::string& only) {
  auto packages = installed_on(network);
  // A client that is no administrator may still see what is committed.
  const bool may_see = packages.has_value();
  auto list = network.ask(fabric::committed_chaincodes(network.channel()));
  if (!list) return tl::unexpected(list.error());
  auto definitions = fabric::read_committed_list(*list);
  if (!definitions) return fabric::refuse(definitions.error().message);

  std::set<std::string> names;
  for (const auto& it : *definitions) names.insert(it.definition.name);
  if (!only.empty()) names = {only};
  std::vector<Row> rows;
  std::set<std::string> used;
  for (const std::string& name : names) {
    Row row{name, {}, {}, {}, {}};
    auto on_channel = committed(network, name);
    if (!on_channel) return tl::unexpected(on_channel.error());
    row.committed = std::move(*on_channel);
    if (auto ours = approved(network, name, 0)) row.approved = std::move(*ours);
    if (row.approved) row.package_id = row.approved->package_id;
    if (may_see && packages->contains(row.package_id)) {
      row.peers = packages->at(row.package_id).peers;
      used.insert(row.package_id);
    }
    rows.push_back(std::move(row));
  }
  if (may_see && only.empty())
    for (const auto& [id, installed] : *packages)
      if (!used.contains(id)) rows.push_back({"", {}, {}, id, installed.peers});
  return rows;
}

json::value structured(const Row& row) {
  json::object out{{"package_id", row.package_id}, {"installed_on", json::value_from(row.peers)}};
  const auto definition = [](const fabric::ChaincodeDefinition& it) {
    return json::object{{"version", it.version},
                        {"sequence", it.sequence},
                        {"policy", fabric::endorsement_policy_text(it.policy)},
                        {"collections", fabric::collection_names(it.collections)},
                        {"init_required", it.init_required}};
  };
  if (!row.name.empty()) out["name"] = row.name;
  if (row.approved) out["approved"] = definition(row.approved->definition);
  if (row.committed) {
    out["committed"] = definition(row.committed->definition);
    json::object& committed = out["committed"].as_object();
    json::object approvals;
    for (const auto& [msp, yes] : row.committed->approvals) approvals[msp] = yes;
    committed["approvals"] = std::move(approvals);
  }
  return out;
}

std::string committed_words(const Row& row) {
  if (!row.committed) return "–";
  std::vector<std::string> by;
  for (const auto& [msp, yes] : row.committed->approvals)
    if (yes) by.push_back(msp);
  return fmt::format("{} ({}) by {}", row.committed->definition.version,
                     row.committed->definition.sequence, fmt::join(by, ", "));
}

int list(const Program& program, const Options& options) {
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  json::array all;
  Table table{{"chaincode", "committed", "approved", "package", "installed on", "policy"},
              {},
              "no chaincode"};
  for (const auto& network : clients) {
    auto rows = rows_of(*network, options.name);
    if (!rows) return fabric_failed(program, rows.error());
    for (const Row& row : *rows) {
      json::value value = structured(row);
      value.as_object()["msp"] = network->identity().msp_id();
      all.push_back(std::move(value));
      table.rows.push_back(
          {row.name.empty() ? "(unused)" : program.out.safe(row.name), committed_words(row),
           row.approved ? fmt::format("{} ({})", row.approved->definition.version,
                                      row.approved->definition.sequence)
                        : "–",
           short_id(row.package_id),
           row.peers.empty() ? "–" : fmt::format("{}", fmt::join(row.peers, ", ")),
           row.committed ? fabric::endorsement_policy_text(row.committed->definition.policy)
                         : "–"});
    }
  }
  if (!print_structured(program.out, options.output, all)) print_table(program.out, table);
  return kDone;
}

}  // namespace

void add_chaincode_list(Program& program, CLI::App* parent) {
  auto options = std::make_shared<Options>();
  options->fabric.administers = true;
  CLI::App* command =
      parent->add_subcommand("list", "what is installed, approved and committed, side by side");
  command->footer(
      "\nExamples:\n  belfry chaincode list\n  belfry chaincode list ngo --output json\n"
      "\nInstalled packages are shown to the organization's administrators only.\n");
  command->add_option("NAME", options->name, "only this chaincode, committed or not")
      ->type_name("");
  add_output_option(command, options->output);
  add_fabric_options(command, options->fabric, true);
  program.on_run(command, [&program, options] { return list(program, *options); });
}

}  // namespace belfry::cli

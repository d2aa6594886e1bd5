#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "cli/chaincode_command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/steps.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;
using fabric::ClientNetwork;

constexpr Duration kInstallPatience = std::chrono::minutes(5);  // a peer may build an image

struct Options {
  FabricOptions fabric;
  Output output = Output::automatic;
  PackageOptions package;
  DefinitionOptions definition;
  std::string name, out_file, package_id;
  double wait = 60;
  Duration wait_time() const {
    return std::chrono::milliseconds(static_cast<int64_t>(wait * 1000));
  }
};

std::string names_of(const std::vector<OnPeer>& peers, bool already) {
  std::vector<std::string> names;
  for (const OnPeer& peer : peers)
    if (peer.already == already) names.push_back(peer.peer);
  return fmt::format("{}", fmt::join(names, ", "));
}

int package(const Program& program, const Options& options) {
  auto made = make_package(options.package, options.name);
  if (!made) return program.misused(made.error().message);
  if (!options.out_file.empty())
    if (auto written = replace_whole(posix_files(), options.out_file, made->bytes); !written)
      return program.failed(written.error().message);
  json::object shown{{"package_id", made->id},
                     {"label", made->label},
                     {"type", made->type},
                     {"files", made->files},
                     {"bytes", made->bytes.size()}};
  if (!print_structured(program.out, options.output, shown)) program.out.line(made->id);
  return kDone;
}

int install_package(const Program& program, const Options& options) {
  auto made = make_package(options.package, options.name);
  if (!made) return program.misused(made.error().message);
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  Steps steps(program, options.output);
  for (const auto& network : clients) {
    auto done = install(*network, *made, kInstallPatience);
    if (!done) return fabric_failed(program, done.error());
    steps.done("install", installed_words(*network, *made, *done),
               {{"msp", network->identity().msp_id()}, {"package_id", made->id}});
  }
  steps.finish({{"package_id", made->id}});
  return kDone;
}

int approve_definition(const Program& program, const Options& options) {
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  auto before = committed(*clients[0], options.name);
  if (!before) return fabric_failed(program, before.error());
  auto definition = definition_of(options.name, options.definition, *before);
  if (!definition) return program.misused(definition.error().message);
  std::string package_id = options.package_id;
  if (names_package(options.package)) {
    auto made =
        make_package(options.package, fmt::format("{}_{}", options.name, definition->version));
    if (!made) return program.misused(made.error().message);
    package_id = made->id;
  }
  Steps steps(program, options.output);
  for (const auto& network : clients) {
    auto done = approve(*network, *definition, package_id, options.wait_time());
    if (!done) return fabric_failed(program, done.error());
    steps.done("approve", approved_words(*network, *definition, *done),
               {{"msp", network->identity().msp_id()}});
  }
  auto ready = readiness(*clients[0], *definition);
  if (ready)
    steps.done("ready", readiness_words(*ready),
               {{"approved", json::value_from(ready->approved)},
                {"missing", json::value_from(ready->missing)}});
  steps.finish({{"name", options.name},
                {"version", definition->version},
                {"sequence", definition->sequence},
                {"package_id", package_id}});
  return kDone;
}

int commit_definition(const Program& program, const Options& options) {
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  ClientNetwork& network = *clients[0];
  auto before = committed(network, options.name);
  if (!before) return fabric_failed(program, before.error());
  auto sequence = sequence_of(options.definition.sequence, *before);
  if (!sequence) return program.misused(sequence.error().message);
  // What is committed is what this organisation approved.
  auto approval = approved(network, options.name, *sequence);
  if (!approval) return fabric_failed(program, approval.error());
  if (!*approval)
    return program.failed(fmt::format(
        "{} has not approved {} with sequence {}\n  run belfry chaincode approve {} --sequence {}",
        network.identity().msp_id(), options.name, *sequence, options.name, *sequence));
  Steps steps(program, options.output);
  const fabric::ChaincodeDefinition& definition = (*approval)->definition;
  if (const int failed = commit_step(program, steps, network, definition, options.wait_time()))
    return failed;
  steps.finish(
      {{"name", options.name}, {"version", definition.version}, {"sequence", definition.sequence}});
  return kDone;
}

void add_wait_option(CLI::App* command, double& wait) {
  command->add_option("--wait", wait, "how long for each commit, in seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(1.0, 3600.0).description(""))
      ->capture_default_str();
}

}  // namespace

std::string installed_words(const ClientNetwork& network, const fabric::ChaincodePackage& package,
                            const std::vector<OnPeer>& peers) {
  std::string out = fmt::format("{} for {}", short_id(package.id), network.identity().msp_id());
  if (const std::string fresh = names_of(peers, false); !fresh.empty()) out += " on " + fresh;
  if (const std::string before = names_of(peers, true); !before.empty())
    out += ", already on " + before;
  return out;
}

std::string approved_words(const ClientNetwork& network,
                           const fabric::ChaincodeDefinition& definition,
                           const Approval& approval) {
  std::string out = fmt::format("{} {} by {}", definition.name, describe(definition),
                                network.identity().msp_id());
  if (approval.already) return out + ", as before";
  if (approval.submission->commit)
    out += fmt::format(", block {}", approval.submission->commit->block);
  return out;
}

std::string readiness_words(const Readiness& ready) {
  return fmt::format(
      "approved by {}{}", fmt::join(ready.approved, ", "),
      ready.missing.empty() ? "" : fmt::format("; not yet by {}", fmt::join(ready.missing, ", ")));
}

int commit_step(const Program& program, Steps& steps, ClientNetwork& network,
                const fabric::ChaincodeDefinition& definition, Duration wait) {
  auto ready = readiness(network, definition);
  if (!ready) return fabric_failed(program, ready.error());
  auto done = commit(network, definition, ready->approved, wait);
  if (!done) {
    if (ready->missing.empty()) return fabric_failed(program, done.error());
    return program.failed(fmt::format(
        "{}\n  {}: run belfry chaincode approve {} --sequence {} --version {} there too",
        done.error().message, readiness_words(*ready), definition.name, definition.sequence,
        definition.version));
  }
  json::object details{{"transaction_id", done->transaction_id},
                       {"approved", json::value_from(ready->approved)}};
  std::string words = fmt::format("{} {}", definition.name, describe(definition));
  if (done->commit) {
    details["block"] = done->commit->block;
    words += fmt::format(", block {}", done->commit->block);
  }
  steps.done("commit", words, std::move(details));
  return kDone;
}

void add_chaincode(Program& program) {
  CLI::App* command = program.command(
      "chaincode", "package, install, approve, commit and upgrade chaincode, and list it",
      "  belfry chaincode upgrade ngo --path ./chaincode\n"
      "  belfry chaincode list\n");
  command->require_subcommand(1);
  const auto named = [](CLI::App* it, std::string& name) {
    it->add_option("NAME", name, "the chaincode's name")->required()->type_name("");
  };

  auto options = std::make_shared<Options>();
  CLI::App* it =
      program.step(command, "package", "make a package, and print its id", options, package,
                   "  belfry chaincode package ngo --path ./chaincode --out ngo.tar.gz\n"
                   "  belfry chaincode package ngo --address ngo.example.com:9999\n"
                   "  belfry chaincode package ngo --package ngo.tar.gz      just its id\n");
  add_output_option(it, options->output);
  it->add_option("LABEL", options->name, "the package's label, such as ngo_2")
      ->required()
      ->type_name("");
  it->add_option("--out", options->out_file, "write it here")->type_name("FILE");
  add_package_options(it, options->package);

  options = std::make_shared<Options>();
  options->fabric.administers = true;
  options->fabric.wants_channel = false;
  it = program.step(
      command, "install", "install a package on all peers of the organization", options,
      install_package,
      "  belfry chaincode install ngo_2 --path ./chaincode\n"
      "  belfry chaincode install ngo_2 --package ngo.tar.gz --profile connection.yaml\n");
  add_output_option(it, options->output);
  it->add_option("LABEL", options->name, "the package's label, such as ngo_2")
      ->required()
      ->type_name("");
  add_package_options(it, options->package);
  add_fabric_options(it, options->fabric, true);

  options = std::make_shared<Options>();
  options->fabric.administers = true;
  it = program.step(command, "approve", "approve a definition for the organization", options,
                    approve_definition,
                    "  belfry chaincode approve ngo --package-id ngo_2:9f2c… --version 2\n"
                    "  belfry chaincode approve ngo --package ngo.tar.gz --policy "
                    "\"OR('Org1MSP.peer', 'Org2MSP.peer')\"\n");
  add_output_option(it, options->output);
  named(it, options->name);
  it->add_option("--package-id", options->package_id,
                 "the installed package that runs it; none: this organization runs it not")
      ->type_name("ID");
  add_package_options(it, options->package);
  add_definition_options(it, options->definition);
  add_wait_option(it, options->wait);
  add_fabric_options(it, options->fabric, true);

  options = std::make_shared<Options>();
  options->fabric.administers = true;
  it = program.step(command, "commit", "commit the definition that this organization approved",
                    options, commit_definition,
                    "  belfry chaincode commit ngo\n"
                    "  belfry chaincode commit ngo --profile connection.yaml --all-orgs\n");
  add_output_option(it, options->output);
  named(it, options->name);
  add_sequence_option(it, options->definition.sequence);
  add_wait_option(it, options->wait);
  add_fabric_options(it, options->fabric, true);

  add_chaincode_upgrade(program, command);
  add_chaincode_list(program, command);
}

}  // namespace belfry::cli

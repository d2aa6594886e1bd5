#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/chaincode_command.h"

namespace belfry::cli {

namespace {

constexpr Duration kInstallPatience = std::chrono::minutes(5);  // a peer may build an image

struct Options {
  FabricOptions fabric;
  Output output = Output::automatic;
  PackageOptions package;
  DefinitionOptions definition;
  std::string name;
  double wait = 60;
};

int upgrade(const Program& program, const Options& options) {
  int code = kDone;
  auto clients = open_fabric(program, options.fabric, code);
  if (clients.empty()) return code;
  const auto wait = std::chrono::milliseconds(static_cast<int64_t>(options.wait * 1000));
  Steps steps(program, options.output);
  fabric::ClientNetwork& first = *clients[0];

  auto before = committed(first, options.name);
  if (!before) return fabric_failed(program, before.error());
  auto definition = definition_of(options.name, options.definition, *before);
  if (!definition) return program.misused(definition.error().message);
  steps.done("found", *before
                          ? fmt::format("{} {}", options.name, describe((*before)->definition))
                          : fmt::format("no {} on channel {} yet", options.name, first.channel()));

  auto package =
      make_package(options.package, fmt::format("{}_{}", options.name, definition->version));
  if (!package) return program.misused(package.error().message);
  steps.done("package",
             fmt::format("{}, {}, {} file{}, {} bytes", package->id, package->type, package->files,
                         package->files == 1 ? "" : "s", package->bytes.size()),
             {{"package_id", package->id}, {"type", package->type}});

  for (const auto& network : clients) {
    auto done = install(*network, *package, kInstallPatience);
    if (!done) return fabric_failed(program, done.error());
    steps.done("install", installed_words(*network, *package, *done),
               {{"msp", network->identity().msp_id()}});
  }
  for (const auto& network : clients) {
    auto done = approve(*network, *definition, package->id, wait);
    if (!done) return fabric_failed(program, done.error());
    steps.done("approve", approved_words(*network, *definition, *done),
               {{"msp", network->identity().msp_id()}});
  }
  if (const int failed = commit_step(program, steps, first, *definition, wait)) return failed;
  steps.finish({{"name", options.name},
                {"version", definition->version},
                {"sequence", definition->sequence},
                {"package_id", package->id}});
  return kDone;
}

}  // namespace

void add_chaincode_upgrade(Program& program, CLI::App* parent) {
  auto options = std::make_shared<Options>();
  options->fabric.administers = true;
  CLI::App* command = parent->add_subcommand(
      "upgrade",
      "package, install on all peers, approve and commit, in one go; also the first time");
  command->footer(
      "\nExamples:\n"
      "  belfry chaincode upgrade ngo --path ./chaincode\n"
      "  belfry chaincode upgrade ngo --address ngo.example.com:9999 --version 1.1 \\\n"
      "      --policy \"OR('Org1MSP.peer', 'Org2MSP.peer')\" --collections collections.json\n"
      "  belfry chaincode upgrade ngo --path ./chaincode --profile connection.yaml --all-orgs\n"
      "\nWhat is not told stays as it is committed. Where other organizations must approve first, "
      "it "
      "says which.\n");
  command->add_option("NAME", options->name, "the chaincode's name")->required()->type_name("");
  add_output_option(command, options->output);
  add_package_options(command, options->package);
  add_definition_options(command, options->definition);
  command->add_option("--wait", options->wait, "how long for each commit, in seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(1.0, 3600.0).description(""))
      ->capture_default_str();
  add_fabric_options(command, options->fabric, true);
  program.on_run(command, [&program, options] { return upgrade(program, *options); });
}

}  // namespace belfry::cli

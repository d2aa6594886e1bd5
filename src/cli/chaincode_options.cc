#include "cli/chaincode_options.h"

#include <fmt/format.h>

#include <charconv>

namespace belfry::cli {

namespace {

constexpr std::string_view kPackage = "Package", kDefinition = "Definition";

}  // namespace

void add_package_options(CLI::App* command, PackageOptions& options) {
  const auto text = [&](const char* flag, std::string& value, const char* type, const char* help) {
    command->add_option(flag, value, help)->type_name(type)->group(std::string(kPackage));
  };
  text("--path", options.path, "FOLDER",
       "the chaincode's source: Node, Go, Java, or a folder with connection.json");
  text("--type", options.type, "TYPE", "node, golang, java, ccaas, or an external builder's");
  text("--address", options.address, "HOST:PORT",
       "instead of a folder: where the chaincode runs as a service");
  text("--service-ca", options.service_ca, "PEM", "its TLS authority; without it no TLS is used");
  text("--package", options.file, "FILE", "instead of either: a package that is made already");
  text("--label", options.label, "LABEL", "of the package; by default NAME_VERSION");
}

bool names_package(const PackageOptions& options) {
  return !options.path.empty() || !options.address.empty() || !options.file.empty();
}

Result<fabric::ChaincodePackage> make_package(const PackageOptions& options,
                                              const std::string& label) {
  if (!options.path.empty() + !options.address.empty() + !options.file.empty() != 1)
    return fail("give one of --path FOLDER, --address HOST:PORT and --package FILE");
  const std::string& used = options.label.empty() ? label : options.label;
  if (!options.file.empty()) {
    auto bytes = read_whole(posix_files(), options.file, fabric::kMostPackageBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    return fabric::read_package(*std::move(bytes)).with_context(options.file);
  }
  if (!options.path.empty())
    return fabric::package_folder(posix_files(), options.path, options.type, used);
  fabric::ChaincodeService service{options.address, "", ""};
  if (options.address.find(':') == std::string::npos)
    return fail(fmt::format("--address takes HOST:PORT, not '{}'", options.address));
  if (!options.service_ca.empty()) {
    auto pem = read_whole(posix_files(), options.service_ca, 1 << 20);
    if (!pem) return tl::unexpected(pem.error());
    service.root_cert = *std::move(pem);
  }
  return fabric::package_service(service, used);
}

void add_sequence_option(CLI::App* command, std::string& sequence) {
  command
      ->add_option("--sequence", sequence,
                   "the definition's number; auto: the committed one plus 1")
      ->type_name("N|auto")
      ->capture_default_str()
      ->group(std::string(kDefinition));
}

void add_definition_options(CLI::App* command, DefinitionOptions& options) {
  add_sequence_option(command, options.sequence);
  const auto text = [&](const char* flag, std::string& value, const char* type, const char* help) {
    command->add_option(flag, value, help)->type_name(type)->group(std::string(kDefinition));
  };
  text("--version", options.version, "TEXT", "by default the sequence");
  text("--policy", options.policy, "POLICY",
       "who must endorse: \"AND('Org1MSP.peer', 'Org2MSP.peer')\", or the path of a policy of the "
       "channel; by default as committed, at first /Channel/Application/Endorsement");
  text("--collections", options.collections, "FILE",
       "private data collections, as Fabric's tools take them; by default as committed");
  command->add_flag("--no-collections", options.no_collections, "drop the committed collections")
      ->group(std::string(kDefinition));
  command->add_flag("--init-required", options.init_required, "the chaincode must be initialized")
      ->group(std::string(kDefinition));
}

Result<int64_t> sequence_of(const std::string& option,
                            const std::optional<fabric::CommittedChaincode>& committed) {
  if (option == "auto") return committed ? committed->definition.sequence + 1 : 1;
  int64_t sequence = 0;
  const char* end = option.data() + option.size();
  const auto [stopped, error] = std::from_chars(option.data(), end, sequence);
  if (error != std::errc() || stopped != end || sequence < 1)
    return fail(fmt::format("--sequence takes a number from 1, or auto, not '{}'", option));
  return sequence;
}

Result<fabric::ChaincodeDefinition> definition_of(
    const std::string& name, const DefinitionOptions& options,
    const std::optional<fabric::CommittedChaincode>& committed) {
  fabric::ChaincodeDefinition out;
  if (committed) out = committed->definition;
  out.name = name;
  auto sequence = sequence_of(options.sequence, committed);
  if (!sequence) return tl::unexpected(sequence.error());
  out.sequence = *sequence;
  out.version = options.version.empty() ? std::to_string(*sequence) : options.version;
  out.init_required = options.init_required;
  if (!options.policy.empty()) {
    auto policy = fabric::parse_endorsement_policy(options.policy).with_context("--policy");
    if (!policy) return tl::unexpected(policy.error());
    out.policy = *std::move(policy);
  }
  if (options.no_collections) out.collections.clear();
  if (!options.collections.empty()) {
    auto text = read_whole(posix_files(), options.collections, 4 << 20);
    if (!text) return tl::unexpected(text.error());
    auto collections = fabric::parse_collections(*text).with_context(options.collections);
    if (!collections) return tl::unexpected(collections.error());
    out.collections = *std::move(collections);
  }
  return out;
}

std::string describe(const fabric::ChaincodeDefinition& definition) {
  std::string out =
      fmt::format("version {}, sequence {}, {}", definition.version, definition.sequence,
                  fabric::endorsement_policy_text(definition.policy));
  if (!definition.collections.empty())
    out += ", collections " + fabric::collection_names(definition.collections);
  return out;
}

std::string short_id(const std::string& package_id) {
  const size_t colon = package_id.find(':');
  return colon == std::string::npos ? package_id : package_id.substr(0, colon + 9);
}

}  // namespace belfry::cli

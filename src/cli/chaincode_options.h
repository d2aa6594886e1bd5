// What the chaincode commands are told about a package and a definition, and what becomes of it.
#pragma once

#include <optional>
#include <string>

#include "cli/chaincode_actions.h"

namespace belfry::cli {

// How a package comes about: from a folder, for a service, or from a file that is one.
struct PackageOptions {
  std::string path, type;
  std::string address, service_ca;  // of a service
  std::string file;
  std::string label;
};
void add_package_options(CLI::App* command, PackageOptions& options);
bool names_package(const PackageOptions& options);
// `label` is taken where none is given.
Result<fabric::ChaincodePackage> make_package(const PackageOptions& options,
                                              const std::string& label);

struct DefinitionOptions {
  std::string version;
  std::string sequence = "auto";
  std::string policy, collections;
  bool no_collections = false;
  bool init_required = false;
};
void add_sequence_option(CLI::App* command, std::string& sequence);
void add_definition_options(CLI::App* command, DefinitionOptions& options);
// "auto" is what follows the committed one.
Result<int64_t> sequence_of(const std::string& option,
                            const std::optional<fabric::CommittedChaincode>& committed);
// What is not told stays as it is committed; the version of a new definition is its sequence.
Result<fabric::ChaincodeDefinition> definition_of(
    const std::string& name, const DefinitionOptions& options,
    const std::optional<fabric::CommittedChaincode>& committed);

std::string describe(const fabric::ChaincodeDefinition& definition);  // "version 2, sequence 2 …"
std::string short_id(const std::string& package_id);                  // "ngo_2:9f2c41d0"

}  // namespace belfry::cli

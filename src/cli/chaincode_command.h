// What the files of `belfry chaincode` share: its larger subcommands, and the words of the steps.
#pragma once

#include "cli/chaincode_options.h"
#include "cli/steps.h"

namespace belfry::cli {

void add_chaincode_upgrade(Program& program, CLI::App* parent);
void add_chaincode_list(Program& program, CLI::App* parent);

std::string installed_words(const fabric::ClientNetwork& network,
                            const fabric::ChaincodePackage& package,
                            const std::vector<OnPeer>& peers);
std::string approved_words(const fabric::ClientNetwork& network,
                           const fabric::ChaincodeDefinition& definition, const Approval& approval);
std::string readiness_words(const Readiness& ready);

// Asks who approved, commits, says so; an exit code other than kDone after it said what failed.
int commit_step(const Program& program, Steps& steps, fabric::ClientNetwork& network,
                const fabric::ChaincodeDefinition& definition, Duration wait);

}  // namespace belfry::cli

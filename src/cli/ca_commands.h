// The parts of `belfry ca`, each from a file of its own.
#pragma once

#include "cli/command.h"

namespace belfry::cli {

void add_ca_enroll(Program& program, CLI::App* ca);     // enroll, reenroll
void add_ca_registrar(Program& program, CLI::App* ca);  // register, revoke, crl, info
void add_ca_lists(Program& program, CLI::App* ca);      // identities, affiliations
void add_ca_serve(Program& program, CLI::App* ca);

}  // namespace belfry::cli

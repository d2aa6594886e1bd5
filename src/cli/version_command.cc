#include "cli/commands.h"

namespace belfry::cli {

void add_version(Program& program) {
  CLI::App* command = program.command("version", "print the version", "  belfry version\n");
  program.on_run(command, [&program] {
    program.out.line("belfry " BELFRY_VERSION);
    return kDone;
  });
}

}  // namespace belfry::cli

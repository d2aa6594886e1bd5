// The commands, each from a file of its own.
#pragma once

#include "cli/command.h"

namespace belfry::cli {

void add_run(Program& program);
void add_check(Program& program);
void add_events(Program& program);
void add_status(Program& program);
void add_outbox(Program& program);
void add_replay(Program& program);
void add_queue(Program& program);
void add_function(Program& program);
void add_topic(Program& program);
void add_secret(Program& program);
void add_ca(Program& program);
void add_tx(Program& program);
void add_chaincode(Program& program);
void add_channel(Program& program);
void add_schema(Program& program);
void add_devnet(Program& program);
void add_version(Program& program);
void add_completion(Program& program);

// Parses, runs, and returns the exit code.
int run(int argc, char** argv);

}  // namespace belfry::cli

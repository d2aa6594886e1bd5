// How a function's code is started: which program speaks the Runtime API for it.
//
//   nodejs   `node` with the official aws-lambda-ric where it is found (in the code's own
//            node_modules, or installed by `belfry function runtime install`), else with a small
//            client of belfry's own that loads handlers as Lambda does
//   python   the same with `python3` and awslambdaric
//   custom   the executable `bootstrap` in the code
//
// belfry's own clients and a preload for the AWS SDK for JavaScript v2, which knows no
// AWS_ENDPOINT_URL, are written into the runtimes' folder when the host starts.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "functions/lambda.h"
#include "functions/process_loop.h"

namespace belfry::functions {

struct RuntimeFolders {
  std::string runtimes;  // DATA/functions/.runtimes, absolute
  std::string scratch;   // HOME and TMPDIR of functions
};

Result<void> write_clients(FileSystem& files, const RuntimeFolders& folders);

// Where a program is on PATH; empty if nowhere.
std::string find_program(std::string_view name);

// What an environment adds: where its Runtime API is and how its log stream is called.
struct EnvironmentPlace {
  std::string runtime_api;  // host:port
  std::string log_stream;
  std::string endpoint;  // of the AWS-compatible services; empty: none
  std::string region;
};

// An error says what is not there and what to do.
Result<Command> command_for(FileSystem& files, const LambdaSettings& settings,
                            const RuntimeFolders& folders, const EnvironmentPlace& place);

}  // namespace belfry::functions

// What run() is told, by flags and environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "belfry/chaincode/serve.h"

namespace belfry::chaincode {

struct Settings {
  ServeOptions serve;
  bool dials = false;  // serve.address is a peer's
  bool help = false;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Flags win over the environment. Files that are named are read.
Result<Settings> read_settings(const std::vector<std::string>& arguments,
                               const Environment& environment);
std::string settings_help(const std::string& program);

}  // namespace belfry::chaincode

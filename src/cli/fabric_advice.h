// The next step to take after an error of a Fabric network, told by Fabric's own words.
#pragma once

#include <string>
#include <string_view>

namespace belfry::cli {

// The step, or nothing where none is known.
std::string fabric_advice(std::string_view message);
// The message, and the step behind it.
std::string with_advice(std::string_view message);

}  // namespace belfry::cli

// Test data, whole in memory. Files lie under tests/data; one whose name ends in .xz is
// decompressed.
#pragma once

#include <string>

namespace belfry::tests {

// The file at tests/data/NAME ("ledgers/ngo-3.1/truth.jsonl.xz"). Ends the test program if it
// cannot be read.
std::string read_data(const std::string& name);

}  // namespace belfry::tests

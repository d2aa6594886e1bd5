// The texts of client.mjs, client.py and sdk2.cjs, which stand beside this file and are built into
// the command.
#pragma once

#include <string_view>

namespace belfry::functions {

std::string_view node_client();
std::string_view python_client();
std::string_view sdk2_preload();

}  // namespace belfry::functions

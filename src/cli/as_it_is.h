// What stands before an argument of `tx` that CLI11 must not take apart: put there by commands.cc,
// taken away by tx_command.cc.
#pragma once

namespace belfry::cli {

inline constexpr char kAsItIs = '\x01';

}  // namespace belfry::cli

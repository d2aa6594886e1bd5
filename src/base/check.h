// Broken invariants end the process: nothing that runs on after one can be trusted with a checkpoint.
#pragma once

namespace belfry {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace belfry

#define BELFRY_CHECK(condition) \
  ((condition) ? void(0) : ::belfry::check_failed(#condition, __FILE__, __LINE__))

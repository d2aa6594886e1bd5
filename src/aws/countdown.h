// One call when several things have ended.
#pragma once

#include <cstddef>
#include <functional>

#include "base/callback.h"

namespace belfry::aws {

// To be called `count` times, from any thread; the last of them calls `then`.
std::function<void()> countdown(size_t count, Callback<> then);

}  // namespace belfry::aws

// A function called later, usually once, that may own what it captures (std::function would want copies).
#pragma once

#include <absl/functional/any_invocable.h>

namespace belfry {

template <class... Args>
using Callback = absl::AnyInvocable<void(Args...)>;

}  // namespace belfry

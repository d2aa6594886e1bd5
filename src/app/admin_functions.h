// The admin API's part about functions with code: list, look, call, read logs, make, change and
// delete (docs/api.md).
#pragma once

#include "app/runtime.h"
#include "http/router.h"

namespace belfry::app {

// The runtime must outlive the router.
void add_function_routes(http::Router& router, Runtime& runtime);

}  // namespace belfry::app

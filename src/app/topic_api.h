// Topics in the admin API (docs/api.md): what there is, publishing, and subscriptions for people
// who run this belfry. Changes go through the same actions as those of Amazon SNS's clients.
#pragma once

#include "app/runtime.h"
#include "http/router.h"

namespace belfry::app {

// The runtime must outlive the router.
void add_topic_routes(http::Router& router, Runtime& runtime);

}  // namespace belfry::app

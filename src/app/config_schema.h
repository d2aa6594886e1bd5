// The table of belfry.yaml: every key, what it takes, what it means. See form.h for the words it is
// written in.
#pragma once

#include "app/form.h"

namespace belfry::app {

const Value<Config>& config_schema();  // made once, for the life of the process

}  // namespace belfry::app

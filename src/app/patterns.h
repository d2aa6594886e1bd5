// Patterns as the configuration and the command line have them, made ready for use.
#pragma once

#include <string>
#include <string_view>

#include "app/config.h"
#include "match/pattern.h"

namespace belfry::app {

// YAML (and so JSON) from the command line as JSON text.
Result<std::string> json_from_yaml(std::string_view yaml);

// A listener's pattern. With `invalid` and no `validation` of its own, transactions of every
// validation code match. A text that is empty is the pattern without conditions: every chaincode
// event.
tl::expected<match::Pattern, match::PatternError> listener_pattern(std::string_view json,
                                                                   bool invalid);

}  // namespace belfry::app

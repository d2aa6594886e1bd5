// The name someone probably meant, for messages about a name that is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::functions {

// The candidate with the smallest edit distance to `name`, if at most a third of its letters
// differ.
std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

}  // namespace belfry::functions

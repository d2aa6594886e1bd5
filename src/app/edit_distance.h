// The nearest valid name to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry::app {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
size_t edit_distance(std::string_view a, std::string_view b);

// The choice nearest to `text` if it is near enough to have been meant (a third of its length, at
// least one edit), otherwise empty. The first of equals wins.
std::string nearest(std::string_view text, const std::vector<std::string>& choices);

// "; did you mean 'x'?", or "; there are: a, b, c", or "; there are none": the end of a message
// about a wrong name.
std::string suggestion(std::string_view text, const std::vector<std::string>& choices);

}  // namespace belfry::app

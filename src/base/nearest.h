// The name someone probably meant, for messages about a name that is not there.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

// The choice nearest to `text` if it is near enough to have been meant: at most a third of its
// letters, or one, inserted, left out, replaced or swapped with a neighbour; case counts for
// nothing. Otherwise empty. The first of equals wins. Texts of more than 100 bytes are no misspelt
// names.
std::string_view nearest(std::string_view text, std::span<const std::string_view> choices);
std::string nearest(std::string_view text, const std::vector<std::string>& choices);

// "; did you mean 'x'?", or "; there are: a, b, c", or "; there are none": the end of a message
// about a wrong name.
std::string suggestion(std::string_view text, const std::vector<std::string>& choices);

}  // namespace belfry

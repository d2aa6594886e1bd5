// What DeliverFiltered makes of a block.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::tests {

// Serialized protos.FilteredBlock of a serialized common.Block; none where the peer answers 400 in
// its place.
std::optional<std::string> filtered_block(std::string_view block);

}  // namespace belfry::tests

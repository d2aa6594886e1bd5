// Arrays: whether several conditions can be met at once, each by a value in one of its elements,
// when no two may lie in different elements of the same array. Private to match/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "match/document_state.h"

namespace belfry::match {

// One list of elements per condition, concatenated; condition i's list ends before ends[i]. No list
// is empty, none holds kNone. A short search settles nearly all; where it does not, the arrays are
// gone through from the outside in, whose cost is the product of the lists' length and the arrays'
// depth. Only conditions that find values in unrelated arrays at once (by keys given twice or
// written with dots) multiply it, and after 1,000 ways through those the answer is no.
bool fit_together(const Document::State& state, std::span<const uint32_t> elements,
                  std::span<const uint32_t> ends, std::vector<uint32_t>& chosen);

}  // namespace belfry::match

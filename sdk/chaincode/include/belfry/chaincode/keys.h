// Composite keys: an object type and attributes in one key, so that all keys that begin with the
// same attributes lie side by side and can be read as a range (Transaction::range_of). Laid out as
// every Fabric shim does: U+0000, then the type and each attribute, each followed by U+0000. No
// simple key begins so; ranges over simple keys never meet composite ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

struct CompositeKey {
  std::string type;
  std::vector<std::string> attributes;
  friend bool operator==(const CompositeKey&, const CompositeKey&) = default;
};

// Refuses what is not UTF-8 and what contains U+0000 or U+10FFFF.
Result<std::string> composite_key(std::string_view type,
                                  const std::vector<std::string>& attributes);
Result<CompositeKey> split_composite_key(std::string_view key);

// Whether a text is UTF-8. Keys are; values are any bytes.
bool is_utf8(std::string_view text);

}  // namespace belfry::chaincode

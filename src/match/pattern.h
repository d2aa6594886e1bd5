// One pattern language for listeners and subscriptions: Amazon SNS's filter-policy and EventBridge's operators
// (exact, prefix, suffix, equals-ignore-case, anything-but, numeric, exists, cidr, wildcard, $or), plus `regex`
// (RE2, whole value) for names. docs/patterns.md is its reference.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::match {

enum class Dialect {
  sns,       // what Amazon SNS accepts in a FilterPolicy, refused in its words otherwise
  listener,  // SNS's operators nested freely, EventBridge's, and regex
};

struct PatternError {
  std::string message;  // in SNS's words for Dialect::sns
  size_t offset = 0;    // into the pattern's text
};

class Pattern {  // parsed and checked, immutable, cheap to copy
 public:
  // The pattern's text is a JSON object.
  static tl::expected<Pattern, PatternError> parse(std::string_view json, Dialect dialect);
  std::string text() const;  // canonical JSON

  struct Node;
  const Node& root() const { return *root_; }

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace belfry::match

// One pattern language for listeners and subscriptions: Amazon SNS's filter policies and
// EventBridge's operators (exact, prefix, suffix, equals-ignore-case, anything-but, numeric,
// exists, cidr, wildcard, $or), plus `regex` (RE2, whole value) for names. A pattern is parsed
// where it is configured or subscribed and handed to a Matcher (matcher.h). docs/patterns.md is the
// language's reference.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::match {

enum class Dialect {
  sns,  // FilterPolicy of scope MessageAttributes: what Amazon SNS accepts, refused in its words
        // otherwise
  sns_body,  // the same of scope MessageBody: keys may nest
  listener,  // EventBridge's operators and regex, nested freely; a bare scalar may stand for a list
             // of one
};

struct PatternError {
  // For SNS's dialects: SNS's words, as they follow "Invalid parameter: FilterPolicy: " in its
  // answer, or, if names_scope, "Invalid parameter: ". For listeners: what is wrong and what to do.
  std::string message;
  size_t offset = 0;  // into the pattern's text, in bytes
  bool names_scope = false;
};

// Bounds on a pattern: 256 KiB of text, 100 levels, and (listener) 1,000 ways through its $or's and
// (SNS) 5 keys and 150 combinations of values.
class Pattern {  // parsed and checked, immutable, cheap to copy, shared freely among threads
 public:
  // The pattern's text is a JSON object. An empty one matches everything.
  static tl::expected<Pattern, PatternError> parse(std::string_view json, Dialect dialect);
  std::string text() const;         // as JSON on one line, without white space
  std::string_view source() const;  // as it was given

  struct Node;
  const Node& root() const { return *root_; }

 private:
  std::shared_ptr<const Node> root_;
};

// The first field of a listener's pattern that no event has (event/json.h), with the nearest that
// one has.
std::optional<PatternError> unknown_event_field(const Pattern& pattern);

}  // namespace belfry::match

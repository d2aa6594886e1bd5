// What a listener's pattern asks of the decoder, read off its text.
#pragma once

#include <optional>

#include "base/result.h"
#include "decode/events.h"
#include "match/pattern.h"

namespace belfry::pipeline {

// A pattern that names no `kind` means
// chaincode events; one that names no `validation` means valid transactions. No pattern: every
// valid chaincode event.
struct Wanted {
  unsigned kinds = decode::bit(event::Kind::chaincode_event);
  bool invalid = false;  // also of invalid transactions
  bool payload = false;  // looks into the payload
  // Of a pattern that writes can match: the same without conditions on key, delete and payload. A
  // private write whose data is not there yet may be wanted if this matches.
  std::optional<match::Pattern> withheld;
};
// An error names a kind that does not exist.
Result<Wanted> wanted(const std::optional<match::Pattern>& pattern);

}  // namespace belfry::pipeline

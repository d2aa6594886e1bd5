// Values in texts as Go's standard library reads them, with its messages: Fabric CA's clients show
// them to people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace belfry::ca {

// Go's zero time, year 1, which Fabric CA's own client sends for "not given". WallTime does not
// reach back so far: the earliest it has stands for it.
inline constexpr WallTime kGoZeroTime = WallTime::min();

// Text in quotes, as strconv.Quote has it, but that what is beyond ASCII stays as it is.
std::string go_quoted(std::string_view text);

// RFC 3339. Times that WallTime cannot hold become its first or last.
Result<WallTime> parse_go_time(std::string_view text);
// 1, t, T, true, TRUE, True and their opposites (strconv.ParseBool).
Result<bool> parse_go_bool(std::string_view text);
// "-1h30m", "+24h", "10s" (time.ParseDuration); down to milliseconds, at most a hundred years.
Result<Duration> parse_go_duration(std::string_view text);
// "a,b": never empty; one empty text for an empty one (strings.Split).
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace belfry::ca

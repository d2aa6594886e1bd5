// Comparing text: case folding and wildcards.
#pragma once

#include <string>
#include <string_view>

namespace belfry::match {

// Appends the text in lower case, for comparison only: ASCII, Latin, Greek, Cyrillic and Armenian
// letters (Unicode's simple foldings up to U+0587); other characters stay. Keeps the length in
// characters, not in bytes.
void append_folded(std::string& out, std::string_view text);

// '*' stands for any run of bytes, '\' takes the next byte literally. The pattern has no two '*' in
// a row.
bool wildcard_matches(std::string_view pattern, std::string_view text);
// What every match of the pattern begins and ends with, unescaped.
std::string wildcard_prefix(std::string_view pattern);
std::string wildcard_suffix(std::string_view pattern);

}  // namespace belfry::match

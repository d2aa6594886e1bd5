#include "http/url.h"

#include <algorithm>

namespace belfry::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  size_t at = 0;
  // Where the next of each stands; what is between stands for itself and goes over in one piece.
  size_t percent = text.find('%'), plus = plus_is_space ? text.find('+') : text.npos;
  for (;;) {
    const size_t end = std::min({percent, plus, text.size()});
    out.append(text, at, end - at);
    at = end + 1;
    if (end == text.size()) return out;
    if (end == plus) {
      out += ' ';
      plus = text.find('+', at);
      continue;
    }
    if (end + 2 >= text.size()) return {};
    const int high = hex_value(text[end + 1]), low = hex_value(text[end + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high << 4 | low);
    at = end + 3;
    percent = text.find('%', at);
  }
}

std::optional<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return {};
    query.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

}  // namespace belfry::http

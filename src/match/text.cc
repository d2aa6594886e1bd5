#include "match/text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace belfry::match {

namespace {

// Unicode's simple case folding for the two-byte scripts.
uint32_t fold(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c == 0xb5) return 0x3bc;  // micro sign
  if (c >= 0xc0 && c <= 0xde) return c == 0xd7 ? c : c + 32;
  if (c >= 0x100 && c <= 0x137) return c == 0x130 || c == 0x131 ? c : c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) return c + (c & 1);
  if (c >= 0x14a && c <= 0x177) return c | 1;
  if (c == 0x178) return 0xff;
  if (c == 0x17f) return 's';  // long s
  if (c == 0x386) return 0x3ac;
  if (c >= 0x388 && c <= 0x38a) return c + 37;
  if (c == 0x38c) return 0x3cc;
  if (c == 0x38e || c == 0x38f) return c + 63;
  if (c >= 0x391 && c <= 0x3ab && c != 0x3a2) return c + 32;
  if (c == 0x3c2) return 0x3c3;  // final sigma
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f))
    return c | 1;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  return c;
}

// The pattern's next literal byte at i, which moves on; -1 for a star.
int next(std::string_view pattern, size_t& i) {
  if (pattern[i] == '*') return ++i, -1;
  if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
  return static_cast<unsigned char>(pattern[i++]);
}

}  // namespace

void append_folded(std::string& out, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      out.push_back(static_cast<char>(fold(c)));
    } else if ((c & 0xe0) == 0xc0 && i + 1 < text.size()) {
      uint32_t folded = fold((c & 0x1fu) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fu));
      if (folded < 0x80) {
        out.push_back(static_cast<char>(folded));
      } else {
        out.push_back(static_cast<char>(0xc0 | folded >> 6));
        out.push_back(static_cast<char>(0x80 | (folded & 0x3f)));
      }
    } else {
      out.push_back(text[i]);
    }
  }
}

bool wildcard_matches(std::string_view pattern, std::string_view text) {
  // Greedy with one point to fall back to: the last star. Each star's match is the earliest, which
  // suffices.
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size()) {
      size_t after = p;
      int c = next(pattern, after);
      if (c < 0) {
        star = p = after;
        resume = t;
        continue;
      }
      if (c == static_cast<unsigned char>(text[t])) {
        p = after;
        ++t;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    p = star;
    t = ++resume;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string wildcard_prefix(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    int c = next(pattern, i);
    if (c < 0) break;
    out.push_back(static_cast<char>(c));
  }
  return out;
}

std::string wildcard_suffix(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    int c = next(pattern, i);
    if (c < 0) {
      out.clear();
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out;
}

}  // namespace belfry::match

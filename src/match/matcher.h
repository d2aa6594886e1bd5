// Many patterns, one document, which match: one index, so that the cost does not grow with the patterns that do
// not match. Adding and removing is incremental.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "match/document.h"
#include "match/pattern.h"

namespace belfry::match {

using PatternId = uint64_t;  // chosen by the caller

// One writer at a time, and no writer beside readers: the owner guards it. match() is const and may run in many
// threads at once, each with its own Scratch.
class Matcher {
 public:
  Matcher();
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  void add(PatternId id, const Pattern& pattern);  // id not present
  void remove(PatternId id);                       // nothing if absent
  size_t size() const;
  size_t memory() const;  // bytes held, about

  class Scratch;
  // Appends the ids of the patterns that match, each once, in ascending order.
  void match(const Document& document, Scratch& scratch, std::vector<PatternId>& matched) const;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace belfry::match

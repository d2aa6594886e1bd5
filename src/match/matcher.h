// Many patterns, one document, which match: one index, so that the cost does not grow with the
// patterns that do not match. Adding and removing is incremental.
//
// Every way through a pattern (a clause) is entered once, under the condition that the fewest
// documents are likely to fulfil; a document's values lead to the clauses that wait for them, whose
// other conditions are then checked. Clauses that have nothing but unselective conditions
// (anything-but, exists, regex, a wildcard without a literal beginning or end) are visited for
// every document that has the field: their cost is linear in their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "match/document.h"
#include "match/pattern.h"

namespace belfry::match {

using PatternId = uint64_t;  // chosen by the caller

// One writer at a time, and no writer beside readers: the owner guards it. match() is const and may
// run in many threads at once, each with its own Scratch.
class Matcher {
 public:
  Matcher();
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  struct Index;
  void add(PatternId id, const Pattern& pattern);  // id not present
  void remove(PatternId id);                       // nothing if absent
  size_t size() const;
  size_t memory() const;  // bytes held, about

  // Whether some pattern looks at this path or below it: if none does, its JSON need not be added
  // ("payload").
  bool needs(std::string_view path) const;

  // What matching needs beside the index, kept from document to document. Any matcher's may serve
  // any other.
  class Scratch {
   public:
    Scratch();
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;
    // How many clauses the last match() had to check, matching ones included: what its cost grows
    // with.
    size_t checked() const;
    struct State;
    State& state() { return *state_; }

   private:
    std::unique_ptr<State> state_;
  };
  // Appends the ids of the patterns that match, each once, in ascending order.
  void match(const Document& document, Scratch& scratch, std::vector<PatternId>& matched) const;

 private:
  std::unique_ptr<Index> index_;
};

}  // namespace belfry::match

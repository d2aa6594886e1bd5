// The index that a Matcher keeps: the paths, and under each path the clauses that wait for its
// values. Private to match/; index.cc changes it, match.cc asks it.
#pragma once

#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

#include "match/block_pool.h"
#include "match/clause.h"
#include "match/flat_table.h"
#include "match/interval_index.h"
#include "match/matcher.h"
#include "match/path_table.h"
#include "match/place.h"
#include "match/popularity.h"

namespace belfry::match {

// How many entries stand under each length class, and which classes are in use at all.
struct LengthUse {
  std::array<uint32_t, kLengthClasses> entries{};
  uint32_t used = 0;  // bit per class
  void add(uint8_t length) {
    ++entries[length];
    used |= uint32_t{1} << length;
  }
  void remove(uint8_t length) {
    if (--entries[length] == 0) used &= ~(uint32_t{1} << length);
  }
};

// What waits under one path beyond plain values; most paths have none of it.
struct RareUse {
  explicit RareUse(BlockPool& pool) : ranges(pool) {}
  LengthUse prefixes, suffixes, folded_prefixes, folded_suffixes;
  std::array<uint32_t, kNetworkLengths> networks{};
  uint32_t network_entries = 0, folded = 0;
  IntervalIndex ranges;
  Entry* any = nullptr;
  Entry* absent = nullptr;
};

struct PathUse {
  uint32_t texts = 0, numbers = 0, literals = 0;  // entries by plain value
  uint32_t conditions = 0;                        // of all patterns on this path, entries or not
  std::unique_ptr<RareUse> rare;
};

struct Matcher::Index {
  ~Index();

  void add(PatternId id, const Pattern& pattern);
  void remove(PatternId id);
  size_t bytes() const;

  void add_clause(PatternId id, const Pattern::Node& node, const std::vector<uint32_t>& conditions,
                  Clause** link);
  void remove_clause(Clause* clause);
  uint32_t choose(const std::vector<Condition>& all, const std::vector<uint32_t>& conditions,
                  const std::vector<uint32_t>& paths) const;
  double likelihood(uint32_t path, const Test& test) const;
  void enter(uint32_t path, const Place& place, Entry* entry);
  void leave(uint32_t path, const Place& place, Entry* entry);
  void count(uint32_t path, const std::vector<Test>& tests, bool in);
  uint32_t* counter(PathUse& use, const Place& place);
  RareUse& rare(uint32_t path);

  BlockPool pool;  // of clauses and of the ranges' nodes: first in, last out
  PathTable paths;
  std::vector<PathUse> uses;  // by path
  FlatTable keys;             // key -> first Entry
  FlatTable patterns;         // scrambled id -> first Clause
  Popularity popularity;
  Entry* unconditional = nullptr;      // clauses without conditions
  std::vector<uint32_t> absent_paths;  // with entries for documents that lack them
  std::unordered_map<PatternId, Pattern>
      kept;  // owners of the regular expressions that programs point to
  size_t pattern_count = 0, clause_bytes = 0;
};

// Ids are the caller's and need not be spread; one to one.
uint64_t scramble(PatternId id);

}  // namespace belfry::match

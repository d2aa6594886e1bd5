#include "match/index.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "base/check.h"

namespace belfry::match {

namespace {

constexpr uint32_t kUnconditional =
    0xffff;  // `chosen` of a clause without conditions; there are fewer conditions

void push(Entry*& head, Entry* entry) {
  entry->previous = nullptr;
  entry->next = head;
  if (head) head->previous = entry;
  head = entry;
}

// The list's head afterwards.
Entry* unlink(Entry* head, Entry* entry) {
  if (entry->next) entry->next->previous = entry->previous;
  if (!entry->previous) return entry->next;
  entry->previous->next = entry->next;
  return head;
}

}  // namespace

uint64_t scramble(PatternId id) {
  id ^= id >> 32;
  id *= 0xd6e8feb86659fd93;
  id ^= id >> 32;
  id *= 0xd6e8feb86659fd93;
  return id ^ id >> 32;
}

Matcher::Index::~Index() {
  patterns.for_each([this](void* first) {
    for (Clause *clause = static_cast<Clause*>(first), *next; clause; clause = next) {
      next = clause->next;
      pool.release(clause, clause->bytes());
    }
  });
}

RareUse& Matcher::Index::rare(uint32_t path) {
  if (!uses[path].rare) uses[path].rare = std::make_unique<RareUse>(pool);
  return *uses[path].rare;
}

void Matcher::Index::add(PatternId id, const Pattern& pattern) {
  BELFRY_CHECK(!patterns.find(scramble(id)));
  const Pattern::Node& node = pattern.root();
  Clause* first = nullptr;
  for (const auto& clause : node.clauses) add_clause(id, node, clause, &first);
  patterns.set(scramble(id), first);
  ++pattern_count;
  for (const Condition& condition : node.conditions) {
    for (const Test& test : condition.tests) {
      if (test.op != Operator::regex) continue;
      kept.emplace(id, pattern);
      return;
    }
  }
}

void Matcher::Index::remove(PatternId id) {
  auto* clause = static_cast<Clause*>(patterns.find(scramble(id)));
  if (!clause) return;
  patterns.erase(scramble(id));
  while (clause) {
    Clause* next = clause->next;
    remove_clause(clause);
    clause = next;
  }
  kept.erase(id);
  --pattern_count;
}

void Matcher::Index::add_clause(PatternId id, const Pattern::Node& node,
                                const std::vector<uint32_t>& conditions, Clause** link) {
  std::vector<uint32_t> path(conditions.size());
  for (size_t i = 0; i < conditions.size(); ++i)
    path[i] = paths.acquire(node.conditions[conditions[i]].path);
  if (uses.size() < paths.size()) uses.resize(paths.size());

  uint32_t chosen = conditions.empty() ? kUnconditional : choose(node.conditions, conditions, path);
  std::string program;
  for (size_t i = 0; i < conditions.size(); ++i)
    append_program(program, path[i], node.conditions[conditions[i]]);
  size_t entries = conditions.empty() ? 1 : node.conditions[conditions[chosen]].tests.size();

  size_t bytes = sizeof(Clause) + entries * sizeof(Entry) + program.size();
  void* block = pool.allocate(bytes);
  auto* clause = new (block) Clause{id,
                                    *link,
                                    static_cast<uint32_t>(entries),
                                    static_cast<uint16_t>(conditions.size()),
                                    static_cast<uint16_t>(chosen),
                                    static_cast<uint32_t>(program.size()),
                                    0};
  *link = clause;
  clause_bytes += bytes;
  for (uint32_t i = 0; i < entries; ++i) new (clause->entry(i)) Entry{nullptr, nullptr, i, 0};
  std::memcpy(const_cast<char*>(clause->program()), program.data(), program.size());

  if (conditions.empty()) {
    push(unconditional, clause->entry(0));
    return;
  }
  const std::vector<Test>& tests = node.conditions[conditions[chosen]].tests;
  for (uint32_t i = 0; i < entries; ++i)
    enter(path[chosen], place_of(path[chosen], tests[i]), clause->entry(i));
  for (size_t i = 0; i < conditions.size(); ++i)
    count(path[i], node.conditions[conditions[i]].tests, true);
}

void Matcher::Index::remove_clause(Clause* clause) {
  clause_bytes -= clause->bytes();
  if (clause->chosen == kUnconditional) unconditional = unlink(unconditional, clause->entry(0));
  const char* program = clause->program();
  for (uint32_t i = 0; i < clause->conditions; ++i) {
    ConditionHead head = read_condition(program);
    std::vector<Test> tests = read_tests(program + kConditionHead, head.tests);
    if (i == clause->chosen) {
      for (uint32_t k = 0; k < clause->entries; ++k)
        leave(head.path, place_of(head.path, tests[k]), clause->entry(k));
    }
    count(head.path, tests, false);
    paths.release(head.path);
    program += kConditionHead + head.size;
  }
  pool.release(clause, clause->bytes());
}

void Matcher::Index::count(uint32_t path, const std::vector<Test>& tests, bool in) {
  uses[path].conditions += in ? 1 : -1;
  for (const Test& test : tests) {
    Place place = place_of(path, test);
    if (place.shelf > Shelf::network) continue;
    in ? popularity.add(place.key) : popularity.remove(place.key);
  }
}

// The condition that the fewest documents are likely to fulfil.
uint32_t Matcher::Index::choose(const std::vector<Condition>& all,
                                const std::vector<uint32_t>& conditions,
                                const std::vector<uint32_t>& path) const {
  uint32_t best = 0;
  double least = HUGE_VAL;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    double sum = 0;
    for (const Test& test : all[conditions[i]].tests) sum += likelihood(path[i], test);
    if (sum < least) least = sum, best = i;
  }
  return best;
}

// The share of documents that a test will let through, guessed: what many patterns ask for, many
// documents carry.
double Matcher::Index::likelihood(uint32_t path, const Test& test) const {
  constexpr double kFew = 8;  // patterns say little before there are some
  Place place = place_of(path, test);
  double conditions = uses[path].conditions + kFew;
  double asked = place.shelf <= Shelf::network ? (popularity.of(place.key) + 1) / conditions : 0;
  switch (place.shelf) {
    case Shelf::text:
    case Shelf::number:
      return asked;
    case Shelf::folded:
      return asked * 1.1;
    case Shelf::network:
      return std::max(asked * 1.2, std::ldexp(1, -test.network.bits));
    case Shelf::literal:
      return std::max(asked, 1 / 3.);
    case Shelf::prefix:
    case Shelf::suffix:
    case Shelf::folded_prefix:
    case Shelf::folded_suffix:
      return std::max(asked * 2, std::pow(0.25, kLengths[place.length]));
    case Shelf::range:
      if (!std::isfinite(place.low) || !std::isfinite(place.high)) return 0.5;
      if (!uses[path].rare || uses[path].rare->ranges.size() < kFew) return 0.2;
      return uses[path].rare->ranges.share(place.low, place.high) + 2 / conditions;
    case Shelf::any:
      return 0.9;
    case Shelf::absent:
      return 0.95;
  }
  return 1;
}

// Where the path keeps count of the entries on a shelf that are found by key.
uint32_t* Matcher::Index::counter(PathUse& use, const Place& place) {
  switch (place.shelf) {
    case Shelf::text:
      return &use.texts;
    case Shelf::number:
      return &use.numbers;
    case Shelf::literal:
      return &use.literals;
    case Shelf::folded:
      return &use.rare->folded;
    case Shelf::network:
      return &use.rare->networks[place.length];
    default:
      return nullptr;
  }
}

namespace {

LengthUse* lengths(RareUse& rare, Shelf shelf) {
  switch (shelf) {
    case Shelf::prefix:
      return &rare.prefixes;
    case Shelf::suffix:
      return &rare.suffixes;
    case Shelf::folded_prefix:
      return &rare.folded_prefixes;
    case Shelf::folded_suffix:
      return &rare.folded_suffixes;
    default:
      return nullptr;
  }
}

}  // namespace

void Matcher::Index::enter(uint32_t path, const Place& place, Entry* entry) {
  if (place.shelf > Shelf::literal) rare(path);
  PathUse& use = uses[path];
  switch (place.shelf) {
    case Shelf::any:
      return push(use.rare->any, entry);
    case Shelf::range:
      return use.rare->ranges.add({place.low, place.high, entry});
    case Shelf::absent:
      if (!use.rare->absent) absent_paths.push_back(path);
      return push(use.rare->absent, entry);
    default:
      break;
  }
  if (uint32_t* entries = counter(use, place)) ++*entries;
  if (place.shelf == Shelf::network) ++use.rare->network_entries;
  if (place.shelf > Shelf::literal) {
    if (LengthUse* use_of = lengths(*use.rare, place.shelf)) use_of->add(place.length);
  }
  auto* head = static_cast<Entry*>(keys.find(place.key));
  push(head, entry);
  keys.set(place.key, head);
}

void Matcher::Index::leave(uint32_t path, const Place& place, Entry* entry) {
  PathUse& use = uses[path];
  switch (place.shelf) {
    case Shelf::any:
      use.rare->any = unlink(use.rare->any, entry);
      return;
    case Shelf::range:
      return use.rare->ranges.remove({place.low, place.high, entry});
    case Shelf::absent:
      use.rare->absent = unlink(use.rare->absent, entry);
      if (!use.rare->absent) std::erase(absent_paths, path);
      return;
    default:
      break;
  }
  if (uint32_t* entries = counter(use, place)) --*entries;
  if (place.shelf == Shelf::network) --use.rare->network_entries;
  if (place.shelf > Shelf::literal) {
    if (LengthUse* use_of = lengths(*use.rare, place.shelf)) use_of->remove(place.length);
  }
  if (Entry* head = unlink(static_cast<Entry*>(keys.find(place.key)), entry)) {
    keys.set(place.key, head);
  } else {
    keys.erase(place.key);
  }
}

size_t Matcher::Index::bytes() const {
  size_t out = sizeof *this + paths.bytes() + keys.bytes() + patterns.bytes() + popularity.bytes() +
               uses.capacity() * sizeof(PathUse) + clause_bytes;
  for (const PathUse& use : uses) {
    if (use.rare) out += sizeof(RareUse) + use.rare->ranges.bytes();
  }
  for (const auto& [id, pattern] : kept) out += pattern.source().size() * 4;
  return out;
}

}  // namespace belfry::match

// Asking the index: which clauses a document's values lead to, and which of those hold.
#include <algorithm>

#include "match/index.h"
#include "match/text.h"
#include "match/together.h"

namespace belfry::match {

struct Matcher::Scratch::State {
  struct First {
    uint32_t round = 0;  // the document for which `value` was set
    uint32_t value = kNone;
  };
  std::vector<Value> values;
  std::vector<First> first;       // by path
  std::vector<uint32_t> paths;    // by field: the path of an object, or kNone
  std::vector<uint32_t> present;  // paths that have values
  std::vector<uint64_t> probes;   // keys of plain values, under which clauses may wait
  std::vector<Entry*> found;      // lists under those keys
  std::vector<void*> owners;      // entries of ranges that hold a value
  std::vector<uint32_t> elements, chosen, ends;
  std::string folded, other_folded;
  uint32_t round = 0;
  size_t checked = 0;
};

namespace {

class Run {
 public:
  Run(const Matcher::Index& index, const Document::State& document,
      Matcher::Scratch::State& scratch, std::vector<PatternId>& matched)
      : index_(index), document_(document), scratch_(scratch), matched_(matched) {}

  void collect();  // the document's values at the paths that patterns look at
  void look_up();

 private:
  uint32_t first(uint32_t path) const {
    const auto& first = scratch_.first[path];
    return first.round == scratch_.round ? first.value : kNone;
  }
  void add_value(uint32_t path, const Field& field);
  void add_probe(uint64_t key) {
    index_.keys.prefetch(key);
    scratch_.probes.push_back(key);
  }
  // What stands before and behind the clause's first entry.
  static void prefetch_clause(const void* entry) {
    const char* clause = static_cast<const char*>(entry) - sizeof(Clause);
    __builtin_prefetch(clause);
    __builtin_prefetch(clause + 64);
  }
  void look_up_text(uint32_t path, const RareUse& use, std::string_view text);
  void look_up_affixes(uint32_t path, const LengthUse& use, Shelf shelf, std::string_view text);
  void look_up_network(uint32_t path, const RareUse& use, std::string_view text);
  void probe(uint64_t key) {
    if (void* head = index_.keys.find(key)) visit(static_cast<Entry*>(head));
  }
  void visit(Entry* list) {
    for (; list; list = list->next) visit(*list->clause());
  }
  void visit(const Clause& clause) {
    ++scratch_.checked;
    if (document_.elements.empty() ? holds(clause) : holds_together(clause))
      matched_.push_back(clause.id);
  }
  bool holds(const Clause& clause);
  bool holds_together(const Clause& clause);

  const Matcher::Index& index_;
  const Document::State& document_;
  Matcher::Scratch::State& scratch_;
  std::vector<PatternId>& matched_;
};

void Run::add_value(uint32_t path, const Field& field) {
  auto& first = scratch_.first[path];
  if (first.round != scratch_.round) {
    first = {scratch_.round, kNone};
    scratch_.present.push_back(path);
  }
  NumberView number;
  if (field.kind == Kind::number) number = parse_number(field.text);
  const PathUse& use = index_.uses[path];
  switch (field.kind) {
    case Kind::string:
      if (use.texts) add_probe(key_of(path, Shelf::text, field.text));
      break;
    case Kind::number:
      if (use.numbers) add_probe(key_of_number(path, number.value));
      if (use.rare) use.rare->ranges.find(number.value, scratch_.owners);
      break;
    default:
      if (use.literals) add_probe(key_of_literal(path, field.kind));
  }
  scratch_.values.push_back({field.text, number, field.element, first.value, field.kind});
  first.value = static_cast<uint32_t>(scratch_.values.size() - 1);
}

void Run::collect() {
  auto& scratch = scratch_;
  scratch.values.clear();
  scratch.present.clear();
  scratch.probes.clear();
  scratch.owners.clear();
  scratch.checked = 0;
  if (scratch.first.size() < index_.paths.size()) scratch.first.resize(index_.paths.size());
  if (++scratch.round == 0) {  // after four billion documents old marks could be taken for new ones
    std::fill(scratch.first.begin(), scratch.first.end(), Matcher::Scratch::State::First());
    scratch.round = 1;
  }
  const auto& fields = document_.fields;
  if (scratch.paths.size() < fields.size()) scratch.paths.resize(fields.size());
  for (uint32_t i = 0; i < fields.size();) {
    const Field& field = fields[i];
    uint32_t from = field.parent == kNone ? PathTable::kTop : scratch.paths[field.parent];
    uint32_t path = index_.paths.follow(from, field.key);
    if (field.kind == Kind::object) {
      scratch.paths[i] = path;
      i = path == kNone ? field.end : i + 1;
      continue;
    }
    if (path != kNone && index_.paths.is_used(path)) add_value(path, field);
    ++i;
  }
}

void Run::look_up() {
  visit(index_.unconditional);
  // In a large index every step is a cache miss; the steps of all values are taken side by side.
  scratch_.found.clear();
  for (void* owner : scratch_.owners) prefetch_clause(owner);
  for (uint64_t key : scratch_.probes) {
    auto* list = static_cast<Entry*>(index_.keys.find(key));
    if (!list) continue;
    prefetch_clause(list);
    scratch_.found.push_back(list);
  }
  for (Entry* list : scratch_.found) visit(list);
  for (void* owner : scratch_.owners) visit(*static_cast<Entry*>(owner)->clause());
  for (uint32_t path : scratch_.present) {
    const PathUse& use = index_.uses[path];
    if (!use.rare) continue;
    for (uint32_t i = first(path); i != kNone; i = scratch_.values[i].next) {
      const Value& value = scratch_.values[i];
      if (value.kind == Kind::string) look_up_text(path, *use.rare, value.text);
    }
    visit(use.rare->any);
  }
  for (uint32_t path : index_.absent_paths) {
    if (first(path) == kNone) visit(index_.uses[path].rare->absent);
  }
}

void Run::look_up_text(uint32_t path, const RareUse& use, std::string_view text) {
  look_up_affixes(path, use.prefixes, Shelf::prefix, text);
  look_up_affixes(path, use.suffixes, Shelf::suffix, text);
  if (use.folded || use.folded_prefixes.used || use.folded_suffixes.used) {
    // A buffer of its own: checking a clause folds too.
    std::string& folded = scratch_.folded;
    folded.clear();
    append_folded(folded, text);
    if (use.folded) probe(key_of(path, Shelf::folded, folded));
    look_up_affixes(path, use.folded_prefixes, Shelf::folded_prefix, folded);
    look_up_affixes(path, use.folded_suffixes, Shelf::folded_suffix, folded);
  }
  if (use.network_entries) look_up_network(path, use, text);
}

void Run::look_up_affixes(uint32_t path, const LengthUse& use, Shelf shelf, std::string_view text) {
  bool front = shelf == Shelf::prefix || shelf == Shelf::folded_prefix;
  for (uint32_t left = use.used; left; left &= left - 1) {
    uint8_t length = static_cast<uint8_t>(__builtin_ctz(left));
    size_t size = kLengths[length];
    if (size > text.size()) return;
    probe(key_of(path, shelf, front ? text.substr(0, size) : text.substr(text.size() - size),
                 length));
  }
}

void Run::look_up_network(uint32_t path, const RareUse& use, std::string_view text) {
  std::optional<Address> address = parse_address(text);
  if (!address) return;
  int base = address->v6 ? kV6 : 0;
  for (int bits = address->v6 ? 128 : 32; bits >= 0; --bits) {
    if (!use.networks[static_cast<size_t>(base + bits)]) continue;
    mask(*address, bits);
    probe(key_of_network(path, *address, static_cast<uint8_t>(base + bits)));
  }
}

// Every condition has a value that passes, or none and asks for none.
bool Run::holds(const Clause& clause) {
  const char* program = clause.program();
  for (uint32_t left = clause.conditions; left > 0; --left) {
    ConditionHead head = read_condition(program);
    program += kConditionHead;
    uint32_t i = first(head.path);
    bool passed = i == kNone && head.may_miss;
    for (; i != kNone && !passed; i = scratch_.values[i].next) {
      passed = passes(program, head.tests, scratch_.values[i], scratch_.other_folded);
    }
    if (!passed) return false;
    program += head.size;
  }
  return true;
}

// The same where the document has arrays: the values must not lie in different elements of one
// array.
bool Run::holds_together(const Clause& clause) {
  auto& scratch = scratch_;
  scratch.elements.clear();  // of the values that pass, condition after condition
  scratch.ends.clear();
  const char* program = clause.program();
  for (uint32_t left = clause.conditions; left > 0; --left) {
    ConditionHead head = read_condition(program);
    program += kConditionHead;
    uint32_t i = first(head.path);
    size_t before = scratch.elements.size();
    bool free = i == kNone && head.may_miss;
    for (; i != kNone && !free; i = scratch.values[i].next) {
      const Value& value = scratch.values[i];
      if (!passes(program, head.tests, value, scratch.other_folded)) continue;
      free = value.element == kNone;
      if (scratch.elements.size() == before || scratch.elements.back() != value.element) {
        scratch.elements.push_back(value.element);
      }
    }
    if (free) {
      scratch.elements.resize(before);
    } else if (scratch.elements.size() == before) {
      return false;
    } else {
      scratch.ends.push_back(static_cast<uint32_t>(scratch.elements.size()));
    }
    program += head.size;
  }
  return scratch.ends.size() < 2 ||
         fit_together(document_, scratch.elements, scratch.ends, scratch.chosen);
}

}  // namespace

Matcher::Scratch::Scratch() : state_(std::make_unique<State>()) {}
Matcher::Scratch::~Scratch() = default;
Matcher::Scratch::Scratch(Scratch&&) noexcept = default;
Matcher::Scratch& Matcher::Scratch::operator=(Scratch&&) noexcept = default;

size_t Matcher::Scratch::checked() const {
  return state_->checked;
}

void Matcher::match(const Document& document, Scratch& scratch,
                    std::vector<PatternId>& matched) const {
  size_t before = matched.size();
  Run run(*index_, document.state(), scratch.state(), matched);
  run.collect();
  run.look_up();
  if (matched.size() - before < 2) return;
  auto begin = matched.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(begin, matched.end());
  matched.erase(std::unique(begin, matched.end()), matched.end());
}

}  // namespace belfry::match

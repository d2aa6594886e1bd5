#include "match/document_state.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "match/json_tokens.h"
#include "match/number.h"

namespace belfry::match {

namespace {

constexpr size_t kMostLevels = 1000;
constexpr size_t kMostText = 0xffffff00;  // simdjson's offsets are 32 bits wide
constexpr size_t kLeastCapacity = 4096;

bool space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Walks the places that simdjson's first stage found: every bracket, brace, comma, colon and the
// beginning of every string and scalar, outside of strings. That stage has checked UTF-8, closed
// strings and control characters; the grammar, the scalars and the escapes are checked here.
class Walker {
 public:
  Walker(Document::State& state, std::string_view json, const uint32_t* places, const uint32_t* end)
      : state_(state),
        json_(json),
        at_(places),
        end_(end),
        escapes_(std::memchr(json.data(), '\\', json.size()) != nullptr) {}

  bool object_at_top() { return ++at_, object_members(kNone, kNone, 1); }  // here() is '{'
  bool value(std::string_view key, uint32_t parent, uint32_t element, size_t level);
  bool done() const { return at_ == end_; }
  char here() const { return at_ < end_ ? json_[*at_] : 0; }

 private:
  bool object_members(uint32_t parent, uint32_t element, size_t level);
  bool array_elements(std::string_view key, uint32_t parent, uint32_t element, size_t level);
  bool scalar(std::string_view key, uint32_t parent, uint32_t element);
  bool string(std::string_view& out) {
    std::string_view quoted = token();
    if (quoted.size() < 2 || quoted.back() != '"') return false;
    ++at_;
    out = {quoted.data() + 1, quoted.size() - 2};
    return !escapes_ || unescape(out);
  }
  bool unescape(std::string_view& text);
  // What begins here and ends before the next place, without the white space after it. There is
  // always a next place: the scanner ends its list with the text's length.
  std::string_view token() const {
    size_t begin = *at_, end = at_[1];
    while (space(json_[end - 1])) --end;
    return {json_.data() + begin, end - begin};
  }

  Document::State& state_;
  std::string_view json_;
  const uint32_t* at_;
  const uint32_t* end_;
  bool escapes_;
};

// The text goes on as what its escapes stand for; false if one is none.
bool Walker::unescape(std::string_view& given) {
  if (!std::memchr(given.data(), '\\', given.size())) return true;
  if (state_.unescaped_count == state_.unescaped.size()) state_.unescaped.emplace_back();
  std::string& text = state_.unescaped[state_.unescaped_count++];
  text.clear();
  for (size_t i = 0; i < given.size();) {
    if (given[i] != '\\') {
      text.push_back(given[i++]);
    } else if (!append_unescaped(text, given, ++i)) {
      return false;
    }
  }
  given = text;
  return true;
}

// After '{'; consumes '}'.
bool Walker::object_members(uint32_t parent, uint32_t element, size_t level) {
  if (here() == '}') return ++at_, true;
  while (true) {
    std::string_view key;
    if (here() != '"' || !string(key) || here() != ':') return false;
    ++at_;
    if (!value(key, parent, element, level)) return false;
    char c = here();
    ++at_;
    if (c == '}') return true;
    if (c != ',') return false;
  }
}

bool Walker::array_elements(std::string_view key, uint32_t parent, uint32_t element, size_t level) {
  if (here() == ']') return ++at_, true;
  uint32_t array = state_.arrays++;
  while (true) {
    uint32_t index = static_cast<uint32_t>(state_.elements.size());
    state_.elements.push_back({array, element});
    if (!value(key, parent, index, level)) return false;
    char c = here();
    ++at_;
    if (c == ']') return true;
    if (c != ',') return false;
  }
}

bool Walker::value(std::string_view key, uint32_t parent, uint32_t element, size_t level) {
  switch (here()) {
    case '{': {
      if (level >= kMostLevels) return false;
      ++at_;
      uint32_t index = static_cast<uint32_t>(state_.fields.size());
      state_.fields.push_back({key, {}, parent, 0, element, Kind::object});
      if (!object_members(index, element, level + 1)) return false;
      state_.fields[index].end = static_cast<uint32_t>(state_.fields.size());
      return true;
    }
    case '[':
      if (level >= kMostLevels) return false;
      ++at_;
      return array_elements(key, parent, element, level + 1);
    case '"': {
      std::string_view text;
      if (!string(text)) return false;
      state_.fields.push_back({key, text, parent, 0, element, Kind::string});
      return true;
    }
    default:
      return scalar(key, parent, element);
  }
}

bool Walker::scalar(std::string_view key, uint32_t parent, uint32_t element) {
  if (at_ >= end_) return false;
  std::string_view text = token();
  ++at_;
  Kind kind = Kind::number;
  switch (text.front()) {
    case 't':
      if (text != "true") return false;
      kind = Kind::true_value;
      break;
    case 'f':
      if (text != "false") return false;
      kind = Kind::false_value;
      break;
    case 'n':
      if (text != "null") return false;
      kind = Kind::null_value;
      break;
    default:
      if (!is_number(text)) return false;
  }
  state_.fields.push_back({key, text, parent, 0, element, kind});
  return true;
}

// Runs simdjson's first stage; null if the text cannot be JSON.
const simdjson::internal::dom_parser_implementation* scan(Document::State& state,
                                                          std::string_view json) {
  if (json.empty() || json.size() > kMostText) return nullptr;
  if (json.size() > state.capacity) {
    size_t capacity = std::max(json.size() + json.size() / 2, kLeastCapacity);
    capacity = std::min(capacity, kMostText);
    if (state.scanner->allocate(capacity, 1) != simdjson::SUCCESS) return nullptr;
    state.capacity = capacity;
  }
  auto* stage = state.scanner->implementation.get();
  auto error = stage->stage1(reinterpret_cast<const uint8_t*>(json.data()), json.size(),
                             simdjson::stage1_mode::regular);
  return error == simdjson::SUCCESS ? stage : nullptr;
}

// Adds what `add` reads from the text, or nothing.
template <class Add>
bool add_whole(Document::State& state, std::string_view json, Add add) {
  const auto* stage = scan(state, json);
  if (!stage) return false;
  size_t fields = state.fields.size(), elements = state.elements.size(),
         unescaped = state.unescaped_count;
  const uint32_t* places = stage->structural_indexes.get();
  Walker walker(state, json, places, places + stage->n_structural_indexes);
  if (add(walker) && walker.done()) return true;
  state.fields.resize(fields);
  state.elements.resize(elements);
  state.unescaped_count = unescaped;
  return false;
}

}  // namespace

bool consistent(const Document::State& state, uint32_t a, uint32_t b) {
  for (uint32_t i = a; i != kNone; i = state.elements[i].parent) {
    for (uint32_t j = b; j != kNone; j = state.elements[j].parent) {
      if (i == j) return true;  // the same element, and so the same ones around it
      if (state.elements[i].array == state.elements[j].array) return false;
    }
  }
  return true;
}

Document::State::State() : scanner(std::make_unique<simdjson::dom::parser>()) {}
Document::State::~State() = default;

Document::Document() : state_(std::make_unique<State>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

void Document::clear() {
  state_->fields.clear();
  state_->elements.clear();
  state_->arrays = 0;
  state_->unescaped_count = 0;
}

bool Document::add_json(std::string_view json, std::string_view prefix) {
  return add_whole(*state_, json, [&](Walker& walker) {
    if (walker.here() != '{') return false;
    if (!prefix.empty()) return walker.value(prefix, kNone, kNone, 0);
    return walker.object_at_top();
  });
}

bool Document::add_value(std::string_view path, std::string_view json) {
  return add_whole(*state_, json,
                   [&](Walker& walker) { return walker.value(path, kNone, kNone, 0); });
}

bool Document::add_array(std::string_view path, std::string_view json_array) {
  size_t before = state_->fields.size();
  return add_whole(*state_, json_array, [&](Walker& walker) {
    if (walker.here() != '[' || !walker.value(path, kNone, kNone, 0)) return false;
    for (size_t i = before; i < state_->fields.size(); ++i) {
      if (state_->fields[i].kind == Kind::object) return false;
    }
    return true;
  });
}

void Document::add_string(std::string_view path, std::string_view value) {
  state_->fields.push_back({path, value, kNone, 0, kNone, Kind::string});
}

bool Document::add_number(std::string_view path, std::string_view digits) {
  if (!is_number(digits)) return false;
  state_->fields.push_back({path, digits, kNone, 0, kNone, Kind::number});
  return true;
}

void Document::add_boolean(std::string_view path, bool value) {
  state_->fields.push_back({path, value ? "true" : "false", kNone, 0, kNone,
                            value ? Kind::true_value : Kind::false_value});
}

}  // namespace belfry::match

#include "pipeline/selector.h"

#include <fmt/format.h>

#include <algorithm>

namespace belfry::pipeline {

void describe(const event::Event& event, bool with_payload, match::Document& document,
              std::string& numbers) {
  document.clear();
  numbers.clear();
  numbers.reserve(128);  // the document looks into it: it must not move
  const auto text = [&](std::string_view path, std::string_view value) {
    if (!value.empty()) document.add_string(path, value);
  };
  const auto number = [&](std::string_view path, uint64_t value) {
    const size_t at = numbers.size();
    fmt::format_to(std::back_inserter(numbers), "{}", value);
    document.add_number(path, std::string_view(numbers).substr(at));
  };
  const event::Kind kind = event.position.kind;
  document.add_string("kind", event::name(kind));
  text("network", event.network);
  text("channel", event.channel);
  number("block", event.position.block);
  if (kind == event::Kind::block) {
    number("transaction_count", event.transaction_count);
    return;
  }
  number("transaction_index", event.position.transaction);
  number("index", event.position.index);
  text("transaction_id", event.transaction_id);
  const size_t at = numbers.size();
  numbers += event::validation_name(event.validation_code);
  document.add_string("validation", std::string_view(numbers).substr(at));
  text("creator.msp", event.creator.msp);
  text("creator.name", event.creator.name);
  text("chaincode", event.chaincode);
  switch (kind) {
    case event::Kind::chaincode_event:
      document.add_string("event", event.event_name);
      break;
    case event::Kind::write:
      text("collection", event.collection);
      document.add_string("key", event.key);
      if (event.is_delete) document.add_boolean("delete", true);
      break;
    case event::Kind::transaction:
      document.add_string("type", event::header_type_name(event.header_type));
      text("function", event.function);
      break;
    case event::Kind::block:
      break;
  }
  // What is no JSON object has no fields: patterns on its payload do not match, those on names do.
  if (with_payload && event.has_payload && !document.add_json(event.payload, "payload")) return;
}

struct Selector::Scratch::State {
  match::Document document;
  match::Matcher::Scratch matching;
  std::string numbers;
  std::vector<match::PatternId> matched;
  std::vector<Listener> listeners;
};

Selector::Scratch::Scratch() : state(std::make_unique<State>()) {}
Selector::Scratch::~Scratch() = default;

Result<std::unique_ptr<Selector>> Selector::make(
    std::vector<std::optional<match::Pattern>> patterns) {
  std::unique_ptr<Selector> selector(new Selector);
  for (size_t i = 0; i < patterns.size(); ++i) {
    auto wants = wanted(patterns[i]);
    if (!wants) return tl::unexpected(wants.error());
    selector->wanted_.push_back(*wants);
    selector->kinds_ |= wants->kinds;
    selector->invalid_ |= wants->invalid;
    selector->payload_ |= wants->payload;
    if (patterns[i]) {
      selector->pattern_kinds_ |= wants->kinds;
      selector->matcher_.add(i, *patterns[i]);
      if (wants->withheld) selector->withheld_matcher_.add(i, *wants->withheld);
    } else {
      selector->unfiltered_.push_back(static_cast<Listener>(i));
    }
  }
  return selector;
}

void Selector::select(const decode::Block& block, decode::WalkOptions options,
                      uint32_t from_transaction, Scratch& scratch, const Sink& sink,
                      const Aside& aside) const {
  Scratch::State& state = *scratch.state;
  options.kinds = kinds_ | (aside.block ? decode::bit(event::Kind::block) : 0);
  if (aside.withheld && withheld_matcher_.size() > 0) {
    options.withheld = [&](const event::Event& event) {
      if (!event.valid()) return;  // no peer keeps its private data
      describe(event, false, state.document, state.numbers);
      state.matched.clear();
      withheld_matcher_.match(state.document, state.matching, state.matched);
      state.listeners.assign(state.matched.begin(), state.matched.end());
      if (!state.listeners.empty()) aside.withheld(event, state.listeners);
    };
  }
  decode::walk(block, options, from_transaction, [&](const event::Event& event) {
    if (aside.block && event.position.kind == event::Kind::block) aside.block(event);
    const unsigned kind = decode::bit(event.position.kind);
    if (!(kinds_ & kind) || (!event.valid() && !invalid_)) return true;
    state.listeners.clear();
    for (const Listener listener : unfiltered_) {
      if ((wanted_[listener].kinds & kind) && event.valid()) state.listeners.push_back(listener);
    }
    const size_t unfiltered = state.listeners.size();
    if (pattern_kinds_ & kind) {
      describe(event, payload_, state.document, state.numbers);
      state.matched.clear();
      matcher_.match(state.document, state.matching, state.matched);
      for (const match::PatternId id : state.matched) {
        const auto listener = static_cast<Listener>(id);
        const Wanted& wants = wanted_[listener];
        if ((wants.kinds & kind) && (event.valid() || wants.invalid))
          state.listeners.push_back(listener);
      }
    }
    std::inplace_merge(state.listeners.begin(), state.listeners.begin() + unfiltered,
                       state.listeners.end());
    if (!state.listeners.empty()) sink(event, state.listeners);
    return true;
  });
}

}  // namespace belfry::pipeline

// Which events of a block which listeners want: one walk over the block and one match for all
// listeners, so that a thousand cost little more than one. Used by the follower, by replay and by
// the dry run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "decode/events.h"
#include "match/matcher.h"
#include "pipeline/wanted.h"

namespace belfry::pipeline {

// The fields of the event's JSON form (event/json.h) as a document: creator.msp and the like by
// dotted path, the payload below `payload` when with_payload and it is a JSON object. `numbers`
// holds digits the document looks into.
void describe(const event::Event& event, bool with_payload, match::Document& document,
              std::string& numbers);

class Selector {
 public:
  using Listener = uint32_t;  // index into the patterns given
  struct Scratch {            // one per thread
    Scratch();
    ~Scratch();
    struct State;
    std::unique_ptr<State> state;
  };
  // Gets each event that someone wants, in order, and who wants it (ascending). The event lives
  // until the call returns.
  using Sink = std::function<void(const event::Event&, std::span<const Listener>)>;

  static Result<std::unique_ptr<Selector>> make(
      std::vector<std::optional<match::Pattern>> patterns);

  // What the reader of a block may want beside the listeners' events.
  struct Aside {
    std::function<void(const event::Event&)> block;  // the block's own event, wanted or not
    Sink withheld;  // private writes without their data (decode/events.h), and who may want them
  };
  // Walks the block from a transaction on. options.kinds and options.withheld are chosen here.
  void select(const decode::Block& block, decode::WalkOptions options, uint32_t from_transaction,
              Scratch& scratch, const Sink& sink, const Aside& aside = {}) const;

  const Wanted& of(Listener listener) const { return wanted_[listener]; }

 private:
  Selector() = default;
  std::vector<Wanted> wanted_;
  std::vector<Listener> unfiltered_;
  match::Matcher matcher_, withheld_matcher_;
  unsigned kinds_ = 0, pattern_kinds_ = 0;
  bool invalid_ = false, payload_ = false;
};

}  // namespace belfry::pipeline

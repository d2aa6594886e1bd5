// Where a listener's events go, and where its place is kept: the far end of a lane
// (pipeline/follower.h). A fake for tests stands in pipeline/fake_destination.h.
//
// A lane turns events into units of bounded size and hands them over in order. A destination that
// can make events and place durable together (pipeline/store_destination.h) admits no duplicate;
// others are at-least-once (pipeline/sink_destination.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "pipeline/checkpoint.h"
#include "pipeline/outcome.h"
#include "queue/message.h"

namespace belfry::pipeline {

// One event as a destination gets it: shared by all lanes that want the same form.
struct Content {
  std::string id;  // the event's id: message id, deduplication id, primary key
  std::string body;
  queue::Attributes attributes;  // at most 10
  std::string group;             // what must stay in order: the channel
  std::string refused;  // not empty: why the body could not be made. body is then the event's JSON
};

struct Item {
  Place place;
  std::shared_ptr<const Content> content;
};

// Consecutive events of one lane and the checkpoint that holds once they have all arrived. Without
// items only the place moves; so begins a lane that has no place yet.
struct Unit {
  std::vector<Item> items;
  size_t bytes = 0;  // of bodies, about
  Checkpoint after;
};

class Destination {
 public:
  virtual ~Destination() = default;

  // The place as last stored; none before the first start. Called before anything is delivered; may
  // block.
  virtual Result<std::optional<Checkpoint>> load() = 0;

  // done is called exactly once, from any thread:
  //   done       the unit and its checkpoint are durable (an at-least-once destination may store
  //   the checkpoint a
  //              little later, never earlier)
  //   retry      nothing of the unit is counted as delivered: the lane offers the same unit again
  //   after a pause permanent  a person must act: the lane stops with the reason, its place stays
  // With more than one unit in flight the destination itself sees to it that no stored checkpoint
  // passes a unit that has not arrived.
  virtual void deliver(std::shared_ptr<const Unit> unit, Callback<Outcome> done) = 0;

  // Why events wait there, while they are tried again and again; empty: they do not. From any
  // thread.
  virtual std::string trouble() const { return {}; }

  virtual size_t units_in_flight() const {
    return 1;
  }  // how many deliver() calls may be open at once
};

}  // namespace belfry::pipeline

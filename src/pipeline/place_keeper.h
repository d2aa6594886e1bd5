// Where the place of an at-least-once destination is kept: belfry's own store by default, or a
// table that several instances share (cloud/dynamodb_places.h). A keeper that is shared fences:
// whoever loads a place takes it over, and what an earlier owner keeps after that is refused.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/callback.h"
#include "base/result.h"
#include "pipeline/checkpoint.h"
#include "queue/store.h"

namespace belfry::pipeline {

class PlaceKeeper {
 public:
  virtual ~PlaceKeeper() = default;

  // The place as last kept; none before the first start. May block. An error may pass.
  virtual Result<std::optional<Checkpoint>> load() = 0;

  enum class Kept {
    durable,
    later,  // not now: what is kept next will stand for it
    lost,   // another owner has taken the place over: stop
  };
  // One at a time; done is called once, from any thread.
  virtual void keep(const Checkpoint& checkpoint, Callback<Kept> done) = 0;
};

// A record of the store, which must outlive the keeper.
std::shared_ptr<PlaceKeeper> store_places(queue::Store& store, std::string key);

}  // namespace belfry::pipeline

#include "pipeline/place_keeper.h"

#include "pipeline/store_destination.h"

namespace belfry::pipeline {
namespace {

class StorePlaces final : public PlaceKeeper {
 public:
  StorePlaces(queue::Store& store, std::string key) : store_(store), key_(std::move(key)) {}

  Result<std::optional<Checkpoint>> load() override { return load_place(store_, key_); }

  void keep(const Checkpoint& checkpoint, Callback<Kept> done) override {
    queue::Batch batch;
    batch.put(key_, encode(checkpoint));
    store_.commit(std::move(batch), [done = std::move(done)](queue::Committed committed) mutable {
      done(committed.status == queue::CommitStatus::durable ? Kept::durable : Kept::later);
    });
  }

 private:
  queue::Store& store_;
  const std::string key_;
};

}  // namespace

std::shared_ptr<PlaceKeeper> store_places(queue::Store& store, std::string key) {
  return std::make_shared<StorePlaces>(store, std::move(key));
}

}  // namespace belfry::pipeline

// A listener's place in a DynamoDB table, so that it outlives the machine, and as the fence between
// instances: whoever loads the place raises its epoch, and a write under an older epoch is refused
// by the table's own condition.
//
// One item per listener and destination:
//
//   place       S  partition key: "place/donations/sqs:donations" (pipeline::checkpoint_key)
//   epoch       N  rises each time an owner takes the place over
//   checkpoint  S  docs/formats/checkpoint.md; absent before the first one
//
// The table has the partition key `place` (S) and no sort key; belfry does not make it.
#pragma once

#include <memory>
#include <string>

#include "cloud/caller.h"
#include "pipeline/place_keeper.h"

namespace belfry::cloud {

// The caller must outlive the keeper.
std::shared_ptr<pipeline::PlaceKeeper> dynamodb_places(Caller& caller, std::string table,
                                                       std::string key);

}  // namespace belfry::cloud

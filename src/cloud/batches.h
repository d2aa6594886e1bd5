// How a sink divides what it is given into requests: AWS bounds a batch by entries and by bytes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/sink.h"

namespace belfry::cloud {

struct BatchBounds {
  size_t entries = 10;
  size_t bytes = 1 << 20;  // of bodies and attributes together
};

// What an item counts with: body, attribute names, types and values.
size_t counted_bytes(const pipeline::Content& content);

using Outcomes = std::vector<pipeline::Outcome>;
Outcomes all_retry(size_t count, const std::string& reason, std::optional<Duration> after = {});

// One request: the items at these indices, and later an outcome for each.
using SendBatch = std::function<void(std::vector<size_t> indices, Callback<Outcomes> done)>;

// Sends batches one after another (the order is kept) until every item has an outcome. An item that
// is too large for any batch is permanently refused. After a batch that met a passing fault, the
// rest is not tried.
void send_in_batches(const std::vector<pipeline::Item>& items, BatchBounds bounds, SendBatch send,
                     Callback<Outcomes> done);

}  // namespace belfry::cloud

// What every part of SNS works on.
#pragma once

#include <boost/json.hpp>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/service.h"
#include "aws/sns_faults.h"
#include "base/clock.h"
#include "base/random.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::aws::sns {

struct Context {
  queue::Store& store;
  topic::Topics& topics;
  topic::Notices& notices;
  Clock& clock;
  Random& random;
  std::set<std::string> fixed_topics;  // of belfry.yaml: DeleteTopic refuses them
  std::mutex mutex;                    // one change after another
};

using Input = boost::json::object;

std::string_view text_of(const Input& input, std::string_view name);  // "" if absent
const boost::json::array& array_of(const Input& input, std::string_view name);
const Input& object_of(const Input& input, std::string_view name);
std::string_view view(const boost::json::string& text);

// Waits for the disk.
Outcome<void> commit(queue::Store& store, queue::Batch batch);

// The page of names that begins after NextToken, a hundred at most, and the token of the next; the
// names must be sorted.
struct Page {
  std::vector<std::string> names;
  std::string next;  // empty: there are no more
};
Outcome<Page> page_of(const std::vector<std::string>& names, std::string_view token,
                      std::string_view parameter = "NextToken");

}  // namespace belfry::aws::sns

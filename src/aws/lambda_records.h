// Messages of a queue as Lambda hands them to a function: {"Records": [...]} of the event source
// aws:sqs, to the letter of what Lambda sends.
#pragma once

#include <string>
#include <vector>

#include "match/matcher.h"
#include "queue/message.h"

namespace belfry::aws::lambda {

struct RecordSource {
  std::string arn;  // of the queue
  std::string region, account;
  bool fifo = false;
  bool window = false;  // Lambda says null for sums that are not there when it batches by time
};

// One record, as JSON.
std::string record_of(const queue::Received& message, const RecordSource& source);

// The event of these records.
std::string event_of(const std::vector<std::string>& records);

// Which messages a mapping's FilterCriteria let through: any pattern suffices, none lets all
// through. A pattern looks at the record, and into its body if that is JSON.
class RecordFilter {
 public:
  RecordFilter() = default;
  explicit RecordFilter(const std::vector<match::Pattern>& patterns);
  bool wants(const queue::Received& message, const RecordSource& source);

 private:
  bool all_ = true;
  match::Matcher matcher_;
  match::Document document_;
  match::Matcher::Scratch scratch_;
};

}  // namespace belfry::aws::lambda

// What comes of a receipt handle, in AWS's words.
#pragma once

#include <optional>
#include <string>

#include "aws/sqs_faults.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

std::optional<Fault> removal_fault(queue::ReceiptStatus status, std::string_view handle);

struct VisibilityChange {
  std::string handle;
  int64_t seconds = 0;  // from now
};
Outcome<VisibilityChange> read_visibility_change(const boost::json::object& input);
std::optional<Fault> visibility_fault(queue::ReceiptStatus status, const VisibilityChange& change);

}  // namespace belfry::aws::sqs

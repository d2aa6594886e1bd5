#include "aws/sqs_receipts.h"

#include "aws/sqs_json.h"

namespace belfry::aws::sqs {

using queue::ReceiptStatus;

std::optional<Fault> removal_fault(ReceiptStatus status, std::string_view handle) {
  switch (status) {
    case ReceiptStatus::malformed:
      return invalid_receipt(handle);
    case ReceiptStatus::expired:
      return expired_receipt(handle);
    case ReceiptStatus::done:
    case ReceiptStatus::not_held:
    case ReceiptStatus::gone:
    case ReceiptStatus::beyond_limit:
      break;
  }
  return std::nullopt;
}

Outcome<VisibilityChange> read_visibility_change(const boost::json::object& input) {
  VisibilityChange change;
  change.handle = text_of(input, "ReceiptHandle");
  if (change.handle.empty()) return refuse(missing("ReceiptHandle"));
  const auto seconds = number_of(input, "VisibilityTimeout");
  if (!seconds) return refuse(missing("VisibilityTimeout"));
  change.seconds = *seconds;
  if (*seconds < 0 || std::chrono::seconds(*seconds) > queue::Store::kLongestLease)
    return refuse(invalid_value(std::to_string(*seconds), "VisibilityTimeout",
                                "Must be >= 0 and <= 43200, if provided."));
  return change;
}

std::optional<Fault> visibility_fault(ReceiptStatus status, const VisibilityChange& change) {
  switch (status) {
    case ReceiptStatus::malformed:
      return invalid_receipt(change.handle);
    case ReceiptStatus::expired:
    case ReceiptStatus::gone:
      return not_available(change.handle);
    case ReceiptStatus::beyond_limit:
      return invalid_value(
          std::to_string(change.seconds), "VisibilityTimeout",
          "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].");
    case ReceiptStatus::done:
    case ReceiptStatus::not_held:  // visible already
      break;
  }
  return std::nullopt;
}

}  // namespace belfry::aws::sqs

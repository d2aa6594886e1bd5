#include "aws/sqs_faults.h"

#include <fmt/format.h>

namespace belfry::aws::sqs {

Fault queue_does_not_exist() {
  Fault fault{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
              "The specified queue does not exist."};
  fault.query_message = "The specified queue does not exist for this wsdl version.";
  return fault;
}

Fault queue_exists_otherwise(std::string_view attribute) {
  return {"QueueNameExists", "QueueAlreadyExists",
          fmt::format("A queue already exists with the same name and a different value for "
                      "attribute {}",
                      attribute)};
}

Fault queue_deleted_recently() {
  return {"QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently",
          "You must wait 60 seconds after deleting a queue before you can create another with the "
          "same name."};
}

Fault purge_in_progress(std::string_view queue) {
  return {"PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress",
          fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue),
          403};
}

Fault missing(std::string_view parameter) {
  return {"MissingRequiredParameterException", "MissingParameter",
          fmt::format("The request must contain the parameter {}.", parameter)};
}

Fault invalid(std::string message) {
  return {"InvalidParameterValueException", "InvalidParameterValue", std::move(message)};
}

Fault invalid_value(std::string_view value, std::string_view parameter, std::string_view reason) {
  return invalid(
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason));
}

Fault unknown_attribute(std::string_view name) {
  return attribute_name(fmt::format("Unknown Attribute {}.", name));
}

Fault attribute_name(std::string message) {
  return {"InvalidAttributeName", "", std::move(message)};
}

Fault attribute_value(std::string_view parameter, std::string_view reason) {
  std::string message = fmt::format("Invalid value for the parameter {}.", parameter);
  if (!reason.empty()) message += fmt::format(" Reason: {}", reason);
  return {"InvalidAttributeValue", "", std::move(message)};
}

Fault invalid_receipt(std::string_view handle) {
  return {"ReceiptHandleIsInvalid", "",
          fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", handle),
          404};
}

Fault expired_receipt(std::string_view handle) {
  return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.");
}

Fault not_available(std::string_view handle) {
  return invalid_value(handle, "ReceiptHandle",
                       "Message does not exist or is not available for visibility timeout change.");
}

Fault invalid_contents() {
  return {"InvalidMessageContents", "",
          "Invalid characters was found in the message body. Valid unicode characters are #x9 | "
          "#xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"};
}

Fault resource_not_found(std::string_view parameter) {
  return {
      "ResourceNotFoundException", "",
      fmt::format("The resource that you specified for the {} parameter doesn't exist.", parameter),
      404};
}

Fault over_limit(std::string message) {
  return {"OverLimit", "", std::move(message), 403};
}

Fault unsupported(std::string message) {
  return {"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation",
          std::move(message)};
}

Fault unavailable(std::string_view reason) {
  return {"ServiceUnavailable", "", fmt::format("belfry cannot store anything now: {}", reason),
          503, false};
}

}  // namespace belfry::aws::sqs

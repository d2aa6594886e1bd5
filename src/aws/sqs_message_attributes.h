// Message attributes: {"City": {"DataType": "String", "StringValue": "Any City"}}, bytes in base64.
#pragma once

#include "aws/sqs_faults.h"
#include "queue/message.h"

namespace belfry::aws::sqs {

// Checked as SendMessage checks them: names, at most ten, types, values that are not empty.
Outcome<queue::Attributes> read_message_attributes(const boost::json::object& given);

// MessageSystemAttributes: AWSTraceHeader is the only one there is.
Outcome<queue::Attributes> read_system_attributes(const boost::json::object& given);

boost::json::object message_attributes_json(const queue::Attributes& attributes);

}  // namespace belfry::aws::sqs

// The MD5 sums by which SQS clients check what was sent and received ("Calculating the MD5 message
// digest for message attributes", SQS Developer Guide).
#pragma once

#include <string>
#include <string_view>

#include "queue/message.h"

namespace belfry::aws::sqs {

std::string md5(std::string_view bytes);  // in lower-case hex

// Of the attributes by name: each name, type and value with a four-byte big-endian length before
// it, the value after a byte that says whether it is text (1) or bytes (2).
std::string md5(const queue::Attributes& attributes);

}  // namespace belfry::aws::sqs

// How clients name a queue: by URL, by ARN, by bare name. Account and region are the caller's: the
// queues of one store are the same for everybody who may see them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/service.h"
#include "aws/sqs_faults.h"

namespace belfry::aws::sqs {

// Whether the front shows it at all: belfry's own queues begin with a dot.
bool is_visible(std::string_view name);

// What CreateQueue takes as a name.
Outcome<void> check_new_name(std::string_view name, bool fifo);

// "http://host/000000000000/donations", "donations" and the path "/000000000000/donations" all name
// donations. Empty: no name in it.
std::string_view name_in_url(std::string_view url);

std::string url_of(std::string_view name, const Caller& caller);
std::string arn_of(std::string_view name, const Caller& caller);
std::optional<std::string> name_in_arn(std::string_view arn);  // none: no ARN of a queue

// The queue that an input's QueueUrl means, or else the request's path.
Outcome<std::string> named_queue(const boost::json::object& input, const Caller& caller);

}  // namespace belfry::aws::sqs

// A queue's access policy as AddPermission and RemovePermission edit it. belfry keeps it for tools
// that manage queues; who may do what is decided by the users' own policies (access.h).
#pragma once

#include <string>
#include <string_view>

#include "aws/sqs_faults.h"

namespace belfry::aws::sqs {

// `policy`: the JSON text, empty for none; changed when the permission is good.
Outcome<void> add_permission(std::string& policy, std::string_view queue_arn,
                             const boost::json::object& input);
Outcome<void> remove_permission(std::string& policy, const boost::json::object& input);

}  // namespace belfry::aws::sqs

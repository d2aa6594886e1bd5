// A topic's access policy as AddPermission and RemovePermission edit it.
#pragma once

#include <string>

#include "aws/sns_context.h"

namespace belfry::aws::sns {

// The policy that every topic has until it is given one.
std::string default_policy(const std::string& topic_arn, const std::string& account);

// `policy`: the JSON text; changed when the permission is good.
Outcome<void> add_permission(std::string& policy, const std::string& topic_arn, const Input& input);
Outcome<void> remove_permission(std::string& policy, const Input& input);

}  // namespace belfry::aws::sns

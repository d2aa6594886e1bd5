// Secrets from a real AWS Secrets Manager: what belfry.yaml calls `secret: NAME` when `secrets`
// says `from: aws`.
#pragma once

#include <string>

#include "base/result.h"
#include "cloud/caller.h"

namespace belfry::cloud {

// The current version (AWSCURRENT) as text or bytes. Waits for the answer; an error names the
// secret.
Result<std::string> secret_value(Caller& caller, const std::string& name);

}  // namespace belfry::cloud

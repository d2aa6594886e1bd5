// AWS Secrets Manager over a SecretsStore: the actions of its API (JSON 1.1) as a service for the
// front. docs/compatibility.md lists them. Secrets have one name space whatever the region; an ARN
// bears the region of the call that made the secret.
#pragma once

#include "aws/secrets_store.h"
#include "aws/service.h"

namespace belfry::aws {

// The store must outlive the service.
Service secrets_manager(SecretsStore& secrets);

}  // namespace belfry::aws

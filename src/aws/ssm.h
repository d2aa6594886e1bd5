// AWS Systems Manager's parameters, which container definitions read their settings from (JSON
// 1.1): String, StringList, and SecureString, whose value is sealed as a secret's is. The current
// version of each is kept. docs/compatibility.md lists the actions.
#pragma once

#include "aws/secrets_store.h"
#include "aws/service.h"

namespace belfry::aws {

// The store must outlive the service; parameters stand beside its secrets.
Service ssm(SecretsStore& secrets);

}  // namespace belfry::aws

// AWS STS, as far as clients ask it who they are: GetCallerIdentity, in the Query protocol.
#pragma once

#include "aws/service.h"

namespace belfry::aws {

Service sts();

}  // namespace belfry::aws

// Where a service of AWS is called.
#pragma once

#include <string>
#include <string_view>

#include "cloud/credentials.h"

namespace belfry::cloud {

// Scheme and host, without a slash at the end: what is configured, the environment's
// (AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL), AWS's own in the region.
std::string find_endpoint(const std::string& configured, std::string_view service,
                          std::string_view region, const Environment& environment);

}  // namespace belfry::cloud

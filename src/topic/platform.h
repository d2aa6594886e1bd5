// Platform applications and their endpoints, mobile apps and the devices they run on, as records:
// "sns/app/GCM/NAME" and "sns/endpoint/GCM/NAME/ID", a JSON object of attributes each. Credentials
// stand in them as they were given; what a client is shown leaves them out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/store.h"

namespace belfry::topic {

using PlatformAttributes = std::map<std::string, std::string, std::less<>>;

// `name`: "app/GCM/NAME" or "endpoint/GCM/NAME/ID", as their ARNs end.
std::optional<PlatformAttributes> read_platform(const queue::Store& store, std::string_view name);
void write_platform(std::string_view name, const PlatformAttributes& attributes,
                    queue::Batch& batch);
void erase_platform(std::string_view name, queue::Batch& batch);
// The names that begin with the prefix, sorted.
std::vector<std::string> platform_names(const queue::Store& store, std::string_view prefix);

std::string_view platform_of(std::string_view name);    // "GCM"
std::string application_of(std::string_view endpoint);  // "app/GCM/NAME"

}  // namespace belfry::topic

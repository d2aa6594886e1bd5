#include "cloud/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace belfry::cloud {

std::string find_endpoint(const std::string& configured, std::string_view service,
                          std::string_view region, const Environment& environment) {
  std::string given = configured;
  if (given.empty()) {
    std::string name = fmt::format("AWS_ENDPOINT_URL_{}", service);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (name == "AWS_ENDPOINT_URL_SECRETSMANAGER") name = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    given = environment(name).value_or(environment("AWS_ENDPOINT_URL").value_or(""));
  }
  while (given.ends_with('/')) given.pop_back();
  if (!given.empty()) return given;
  return fmt::format("https://{}.{}.amazonaws.com{}", service, region,
                     region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace belfry::cloud

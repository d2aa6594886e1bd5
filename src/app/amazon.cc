#include "app/amazon.h"

#include <algorithm>

#include "cloud/dynamodb_places.h"
#include "cloud/lambda_sink.h"
#include "cloud/sns_sink.h"
#include "cloud/sqs_sink.h"

namespace belfry::app {

bool in_cloud(const Target& target) {
  return target.kind == Target::Kind::sqs || target.kind == Target::Kind::sns ||
         target.kind == Target::Kind::lambda;
}

bool needs_cloud(const Config& config) {
  return config.cloud.secrets || std::ranges::any_of(config.listeners, [](const auto& listener) {
           return std::ranges::any_of(listener.value.to, in_cloud);
         });
}

Result<std::unique_ptr<Amazon>> Amazon::make(const CloudConfig& config, Host host) {
  const Environment environment = process_environment();
  auto region =
      cloud::find_region(config.region.value, config.profile.value, environment, host.files);
  if (!region) return tl::unexpected(region.error());
  if (region->empty())
    return fail("cloud: no AWS region is named: set `region`, AWS_REGION, or one in the profile");
  std::unique_ptr<Amazon> amazon(new Amazon);
  amazon->places_table_ = config.places.value;
  amazon->secrets_ = config.secrets;
  amazon->executor_ = thread_executor(1);
  amazon->credentials_ = cloud::CredentialChain::create(
      {.fixed = {config.access_key.value, config.secret_key.value, ""},
       .profile = config.profile.value,
       .region = *region,
       .endpoint = config.endpoint.value},
      environment, host.files, host.clock);
  amazon->caller_ = cloud::Caller::create({.region = *region, .endpoint = config.endpoint.value},
                                          *amazon->credentials_, environment, host.clock,
                                          host.random, *amazon->executor_);
  return Result<std::unique_ptr<Amazon>>(std::move(amazon));
}

std::shared_ptr<pipeline::Sink> Amazon::sink(const Target& target) {
  switch (target.kind) {
    case Target::Kind::sqs:
      return cloud::sqs_sink(*caller_, target.name);
    case Target::Kind::sns:
      return cloud::sns_sink(*caller_, target.name);
    case Target::Kind::lambda:
      return cloud::lambda_sink(*caller_, target.name);
    case Target::Kind::queue:
    case Target::Kind::topic:
    case Target::Kind::function:
      break;
  }
  return nullptr;
}

std::shared_ptr<pipeline::PlaceKeeper> Amazon::places(const std::string& key) {
  if (places_table_.empty()) return nullptr;
  return cloud::dynamodb_places(*caller_, places_table_, key);
}

}  // namespace belfry::app

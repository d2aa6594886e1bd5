#include "cli/secret_lookup.h"

#include <fmt/format.h>

#include "app/amazon.h"
#include "cli/secret_client.h"
#include "cloud/secrets_manager.h"

namespace belfry::cli {
namespace {

Result<std::string> kept_here(const ApiOptions& options, const std::string& name) {
  auto client = SecretClient::open(options, false);
  if (!client) return fail(fmt::format("secret {}: {}", name, client.error().message));
  auto answer = (*client)->call("GetSecretValue", {{"SecretId", name}});
  if (!answer && answer.error().message.starts_with("ResourceNotFoundException"))
    return fail(fmt::format("there is no secret '{}'", name));
  if (!answer) return fail(fmt::format("secret {}: {}", name, answer.error().message));
  const auto* value = answer->if_contains("SecretString");
  if (!value || !value->is_string())
    return fail(fmt::format("secret {} holds bytes where a text is needed", name));
  return std::string(value->get_string());
}

Result<std::string> kept_by_amazon(app::CloudConfig config, const ApiOptions& options,
                                   const std::string& name) {
  if (config.secret_key.secret) {
    auto key = kept_here(options, config.secret_key.value);
    if (!key) return key;
    config.secret_key = {std::move(*key), config.secret_key.at};
  }
  auto amazon = app::Amazon::make(config, {});
  if (!amazon) return tl::unexpected(amazon.error());
  auto value = cloud::secret_value((*amazon)->caller(), name);
  (*amazon)->stop();
  return value;
}

}  // namespace

app::SecretLookup secret_lookup(const app::Config& config, const ApiOptions& options) {
  return [cloud = config.cloud, options](const std::string& name) {
    return cloud.secrets ? kept_by_amazon(cloud, options, name) : kept_here(options, name);
  };
}

}  // namespace belfry::cli

// Where commands that read belfry.yaml look up the secrets that it names, as `belfry run` would: in
// AWS Secrets Manager if `cloud.secrets` says so, otherwise in the data directory, through the
// belfry that runs on it or by opening it for a moment.
#pragma once

#include "app/secrets.h"
#include "cli/api_client.h"

namespace belfry::cli {

app::SecretLookup secret_lookup(const app::Config& config, const ApiOptions& options);

}  // namespace belfry::cli

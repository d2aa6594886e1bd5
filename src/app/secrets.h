// The secrets of a data directory, opened with their master key; and what the configuration takes
// from them: identities, passwords (docs/secrets.md).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/config.h"
#include "app/host.h"
#include "aws/secrets_store.h"
#include "msp/identity.h"
#include "queue/store.h"

namespace belfry::app {

// The key comes from where the configuration says. By default it is DATA/master-key, which is made
// when it is not there, with a warning. An error: no key, or not the one that the secrets were
// sealed with. The store must outlive it.
Result<std::unique_ptr<aws::SecretsStore>> open_secrets(Host host, const SecretsConfig& config,
                                                        const std::string& folder,
                                                        queue::Store& store);

// Whether anything in the configuration is a secret's name.
bool needs_secrets(const Config& config);

// The current value of the secret with a name; an error names it. May block.
using SecretLookup = std::function<Result<std::string>(const std::string& name)>;

// Puts the values of secrets where the configuration names them. An error says where which one is
// missing, or what is wrong with its value.
Result<void> resolve_secrets(Config& config, const SecretLookup& secrets);

// The certificate and key under a name: NAME/signcert and NAME/pk, or one secret NAME that is a
// JSON object with "certificate" and "key". An error names what is missing.
Result<msp::IdentityPem> identity_secret(const SecretLookup& secrets, const std::string& name);

}  // namespace belfry::app

// The actions of Secrets Manager, one function each. All take the store with its lock held.
#pragma once

#include "aws/secrets_store.h"
#include "aws/service.h"

namespace belfry::aws::secrets {

using Input = boost::json::object;

// Making, changing, ending (secrets_actions.cc).
Answer create_secret(SecretsStore& store, const Input& input, const Caller& caller);
Answer update_secret(SecretsStore& store, const Input& input, const Caller& caller);
Answer delete_secret(SecretsStore& store, const Input& input, const Caller& caller);
Answer restore_secret(SecretsStore& store, const Input& input, const Caller& caller);
Answer tag_resource(SecretsStore& store, const Input& input, const Caller& caller);
Answer untag_resource(SecretsStore& store, const Input& input, const Caller& caller);

// Values and their versions (secrets_value_actions.cc).
Answer get_secret_value(SecretsStore& store, const Input& input, const Caller& caller);
Answer put_secret_value(SecretsStore& store, const Input& input, const Caller& caller);
Answer batch_get_secret_value(SecretsStore& store, const Input& input, const Caller& caller);
Answer update_secret_version_stage(SecretsStore& store, const Input& input, const Caller& caller);

// Looking (secrets_listing.cc).
Answer describe_secret(SecretsStore& store, const Input& input, const Caller& caller);
Answer list_secrets(SecretsStore& store, const Input& input, const Caller& caller);
Answer list_secret_version_ids(SecretsStore& store, const Input& input, const Caller& caller);

// Policies (secrets_policy.cc): kept and shown, not enforced.
Answer get_resource_policy(SecretsStore& store, const Input& input, const Caller& caller);
Answer put_resource_policy(SecretsStore& store, const Input& input, const Caller& caller);
Answer delete_resource_policy(SecretsStore& store, const Input& input, const Caller& caller);
Answer validate_resource_policy(SecretsStore& store, const Input& input, const Caller& caller);

// secrets_password.cc
Answer get_random_password(SecretsStore& store, const Input& input, const Caller& caller);

// What they share (secrets_common.cc).
bool good_name(std::string_view name);
Fault bad_name();
Fault invalid_parameter(std::string message);
Fault invalid_request(std::string message);
Fault not_found();
Fault internal(const Error& error);
std::variant<SecretRecord, Fault> named(SecretsStore& store, const Input& input);   // by SecretId
std::variant<SecretRecord, Fault> usable(SecretsStore& store, const Input& input);  // not deleted
boost::json::object name_of(const SecretRecord& secret);                            // ARN and Name
double seconds(int64_t milliseconds);  // as JSON timestamps are

// The value in SecretString or SecretBinary; none if there is neither.
std::variant<std::optional<SecretValue>, Fault> given_value(const Input& input);
// Adds a version under ClientRequestToken (or a fresh id) with its stages and stores it. The id.
// A token that is there already with the same value changes nothing.
std::variant<std::string, Fault> add_version(SecretsStore& store, SecretRecord& secret,
                                             const Input& input, const SecretValue& value,
                                             const std::vector<std::string>& stages);

// Filters of ListSecrets and BatchGetSecretValue; a fault names an unknown one.
std::variant<std::vector<SecretRecord>, Fault> filtered(SecretsStore& store, const Input& input);

}  // namespace belfry::aws::secrets

// The parameters of Systems Manager as records of the store: "parameter/NAME" → JSON
// (docs/formats/secrets.md).
#pragma once

#include <string>
#include <vector>

#include "aws/secrets_store.h"

namespace belfry::aws {

struct Parameter {
  std::string name;  // as it was given: "/app/port" or "port"
  std::string type;  // String, StringList, SecureString
  std::string value, description, pattern, data_type = "text", tier = "Standard", key_id;
  int64_t version = 0;
  int64_t modified = 0;  // milliseconds of the Unix epoch
  std::string source;    // of a secret that is read as a parameter: its facts, as JSON; not stored
  std::string sealed;    // in base64, of a SecureString: what a reader without decryption is told
};

// A SecureString's value is opened. An error: it cannot be.
Result<std::optional<Parameter>> find_parameter(SecretsStore& secrets, const std::string& name);
Result<std::vector<Parameter>> list_parameters(SecretsStore& secrets, const std::string& prefix);
Result<void> save_parameter(SecretsStore& secrets, const Parameter& parameter);
Result<void> erase_parameter(SecretsStore& secrets, const std::string& name);

}  // namespace belfry::aws

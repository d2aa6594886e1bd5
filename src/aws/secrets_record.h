// A secret's record as stored: JSON, without its values (docs/formats/secrets.md).
#pragma once

#include "aws/secrets_store.h"

namespace belfry::aws {

std::string encode_secret(const SecretRecord& secret);
std::optional<SecretRecord> decode_secret(std::string_view json);  // none if it is no such record

}  // namespace belfry::aws

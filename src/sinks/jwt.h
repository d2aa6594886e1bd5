// Signed tokens by which belfry shows who it is to push services (RFC 7519, 7515).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::sinks {

enum class JwtAlgorithm { rs256, es256 };

// `claims` is a JSON object; `key` a private key in PEM; `key_id` may be empty.
Result<std::string> sign_jwt(JwtAlgorithm algorithm, std::string_view key_id,
                             std::string_view claims, std::string_view key);

}  // namespace belfry::sinks

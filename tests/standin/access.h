// What a peer checks before it answers: that a request is fresh, signed by its creator in low S,
// and that the creator is a member of the channel whose certificate is valid now.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace belfry::tests {

struct Member {
  std::string msp_id;
  std::string ca;  // PEM
};

enum class Access { granted, unknown_creator, bad_signature, expired };

Access check_creator(const std::vector<Member>& members, std::string_view creator,
                     std::string_view signed_bytes, std::string_view signature, WallTime now);
// Within 15 minutes of now.
bool fresh(int64_t seconds, WallTime now);
// sha256 of the certificate's DER; empty if it is none.
std::string certificate_hash(std::string_view pem);

}  // namespace belfry::tests

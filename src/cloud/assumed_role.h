// Keys of a role that others' keys may assume, from AWS STS: what a profile with role_arn means.
#pragma once

#include <optional>
#include <string>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"

namespace belfry::cloud {

struct TemporaryCredentials {
  aws::Credentials credentials;
  std::optional<WallTime> ends;  // none: for ever
};

struct Role {
  std::string arn;
  std::string session_name = "belfry";
  std::string external_id;  // may be empty
  std::string seconds = "3600";
};

// "2026-11-24T12:00:00Z", as AWS writes the end of temporary keys.
std::optional<WallTime> parse_time(const std::string& text);

// AssumeRole (STS's API reference), signed. The endpoint is without a path:
// "https://sts.eu-west-1.amazonaws.com".
http::Request assume_role_request(const Role& role, const aws::Credentials& by,
                                  const std::string& endpoint, const std::string& region,
                                  WallTime now);
// Its answer; an error says what STS said.
Result<TemporaryCredentials> read_assumed_role(const http::Response& response);

}  // namespace belfry::cloud

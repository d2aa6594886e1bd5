// Whose keys a request to AWS is signed with. As AWS's SDKs look for them, the first that is there:
//
//   1. what belfry.yaml names
//   2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//   3. the profile (AWS_PROFILE, "default") in ~/.aws/credentials and ~/.aws/config: its keys, or
//      those of the role that its source may assume (role_arn, source_profile, credential_source)
//   4. the ECS task's role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI)
//   5. the EC2 instance's role, from its metadata (IMDSv2)
//
// Temporary keys are fetched again five minutes before they end; if that fails, those at hand serve
// until their end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/sigv4.h"
#include "base/callback.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"

namespace belfry::cloud {

using Environment = std::function<std::optional<std::string>(std::string_view)>;

struct CredentialSettings {
  aws::Credentials fixed;            // of belfry.yaml; without an access key: look further
  std::string profile;               // of belfry.yaml; empty: AWS_PROFILE, then "default"
  std::string region = "us-east-1";  // where roles are assumed
  std::string endpoint = {};         // of every service; empty: the environment's or AWS's own
};

// Thread-safe.
class CredentialChain {
 public:
  // files and clock must outlive it.
  static std::unique_ptr<CredentialChain> create(CredentialSettings settings,
                                                 Environment environment, FileSystem& files,
                                                 const Clock& clock);
  virtual ~CredentialChain() = default;  // outstanding calls end with an error

  // From memory, or after a fetch; done runs on the caller's thread or on one of the chain's own.
  // An error lists every place that was looked at and why it had none.
  virtual void get(Callback<Result<aws::Credentials>> done) = 0;
  // AWS said these are expired: the next get() fetches.
  virtual void forget(const aws::Credentials& credentials) = 0;
};

// The region: `configured`, AWS_REGION, AWS_DEFAULT_REGION, the profile's. Empty if none says.
Result<std::string> find_region(const std::string& configured, const std::string& profile,
                                const Environment& environment, FileSystem& files);

}  // namespace belfry::cloud

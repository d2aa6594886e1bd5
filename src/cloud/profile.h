// The files that AWS's own tools keep a user's settings in: ~/.aws/credentials and ~/.aws/config.
//
// Format: "Configuration and credential file settings" in the AWS CLI's guide. Of a profile, belfry
// takes the access key, the secret key, the session token and the region.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace belfry::cloud {

using ProfileKeys = std::map<std::string, std::string>;

// The keys of one section ("default", "profile work"); none if it is not there.
ProfileKeys profile_section(std::string_view text, std::string_view section);

// The profile's keys in both files, those of the credentials file first. A file that does not exist
// is as good as an empty one; one that cannot be read is an error.
Result<ProfileKeys> read_profile(FileSystem& files, const std::string& credentials_file,
                                 const std::string& config_file, const std::string& profile);

}  // namespace belfry::cloud

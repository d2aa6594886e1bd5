// The secrets as a command reaches them: through a running belfry's AWS-compatible endpoint, or,
// when none runs on the data directory, by opening it. Both answer in the words of Secrets
// Manager's API.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/api_client.h"

namespace belfry::cli {

class SecretClient {
 public:
  // `create`: make the data directory if there is none.
  static Result<std::unique_ptr<SecretClient>> open(const ApiOptions& options, bool create);
  virtual ~SecretClient() = default;

  // An answer, or a refusal ("ResourceNotFoundException: …").
  virtual Result<boost::json::object> call(const std::string& action,
                                           const boost::json::object& input) = 0;
};

}  // namespace belfry::cli

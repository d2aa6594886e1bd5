// How the Lambda API names a function: alone, with the account, as a whole or a partial ARN, each
// with a qualifier behind it or not. What is none of these is refused with AWS's own pattern.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "aws/service.h"

namespace belfry::aws::lambda {

struct NameParts {
  std::string name, region, qualifier;  // the last two may be empty
};

// `qualifier`: what the request says apart from the name, if anything; only checked here. `making`:
// for CreateFunction, whose names are shorter and have no dots.
tl::expected<NameParts, Fault> read_function_name(std::string_view text,
                                                  const std::optional<std::string>& qualifier,
                                                  bool making);

}  // namespace belfry::aws::lambda

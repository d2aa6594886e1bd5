// The inputs and outputs of Amazon SQS's actions (API version 2012-11-05).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "aws/shape.h"

namespace belfry::aws::sqs {

struct ActionShapes {
  Shape input, output;
};

// By the action's name; all 23.
const std::map<std::string, ActionShapes, std::less<>>& action_shapes();

}  // namespace belfry::aws::sqs

// What goes into and comes out of each action of SNS, for the Query protocol (shape.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aws/shape.h"

namespace belfry::aws::sns {

struct ActionShapes {
  Shape input, output;
  std::vector<std::string> required;  // members of the input that must be there
};

const std::map<std::string, ActionShapes, std::less<>>& action_shapes();

}  // namespace belfry::aws::sns

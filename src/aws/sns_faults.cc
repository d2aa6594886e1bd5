#include "aws/sns_faults.h"

#include <fmt/format.h>

namespace belfry::aws::sns {

Fault invalid(std::string_view what) {
  return {"InvalidParameter", "", fmt::format("Invalid parameter: {}", what)};
}

Fault invalid_plain(std::string message) {
  return {"InvalidParameter", "", std::move(message)};
}

Fault invalid_value(std::string message) {
  return {"ParameterValueInvalid", "", std::move(message)};
}

Fault missing(std::string_view member) {
  return {"ValidationError", "",
          fmt::format("1 validation error detected: Value null at '{}' failed to satisfy "
                      "constraint: Member must not be null",
                      member)};
}

Fault not_found(std::string_view what) {
  return {"NotFound", "", fmt::format("{} does not exist", what), 404};
}

Fault resource_not_found() {
  return {"ResourceNotFound", "", "Resource does not exist", 404};
}

Fault unsupported(std::string message) {
  return {"UnsupportedOperation", "", std::move(message)};
}

Fault declared(std::string_view what) {
  return {"AuthorizationError", "",
          fmt::format("{} is named by belfry.yaml, which alone may change it", what), 403};
}

Fault unavailable(std::string_view reason) {
  return {"InternalError", "", fmt::format("belfry cannot store anything now: {}", reason), 500,
          false};
}

}  // namespace belfry::aws::sns

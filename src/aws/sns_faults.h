// Amazon SNS's refusals, in its words (the API reference, "Errors" of each action).
#pragma once

#include <string_view>
#include <tl/expected.hpp>

#include "aws/service.h"

namespace belfry::aws::sns {

// A value, or the refusal to answer with.
template <class T>
using Outcome = tl::expected<T, Fault>;

inline tl::unexpected<Fault> refuse(Fault fault) {
  return tl::unexpected<Fault>(std::move(fault));
}

Fault invalid(std::string_view what);  // "Invalid parameter: what"
Fault invalid_plain(std::string message);
Fault invalid_value(std::string message);    // ParameterValueInvalid, of message attributes
Fault missing(std::string_view member);      // a required field is not there
Fault not_found(std::string_view what);      // "what does not exist"
Fault resource_not_found();                  // of tags and data protection
Fault unsupported(std::string message);      // what belfry does not do
Fault declared(std::string_view what);       // it stands in belfry.yaml
Fault unavailable(std::string_view reason);  // our fault: the disk is full or failed

}  // namespace belfry::aws::sns

// Amazon SQS's refusals, in its words. Each has two codes: the JSON protocol's and the older one of
// Query, which often differ (the API reference, "Errors" of each action).
#pragma once

#include <string_view>
#include <tl/expected.hpp>

#include "aws/service.h"

namespace belfry::aws::sqs {

// A value, or the refusal to answer with.
template <class T>
using Outcome = tl::expected<T, Fault>;

inline tl::unexpected<Fault> refuse(Fault fault) {
  return tl::unexpected<Fault>(std::move(fault));
}

Fault queue_does_not_exist();
Fault queue_exists_otherwise(std::string_view attribute);
Fault queue_deleted_recently();
Fault purge_in_progress(std::string_view queue);
Fault missing(std::string_view parameter);
Fault invalid(std::string message);
Fault invalid_value(std::string_view value, std::string_view parameter, std::string_view reason);
Fault unknown_attribute(std::string_view name);
Fault attribute_name(std::string message);
Fault attribute_value(std::string_view parameter, std::string_view reason = {});
Fault invalid_receipt(std::string_view handle);
Fault expired_receipt(std::string_view handle);
Fault not_available(std::string_view handle);
Fault invalid_contents();
Fault resource_not_found(std::string_view parameter);
Fault over_limit(std::string message);
Fault unsupported(std::string message);
Fault unavailable(std::string_view reason);  // our fault: the disk is full or failed

}  // namespace belfry::aws::sqs

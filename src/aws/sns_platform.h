// Platform applications and their endpoints: mobile apps and devices. Attributes are kept as they
// were given; sinks/push_handler.h makes the calls.
#pragma once

#include "aws/sns_context.h"

namespace belfry::aws::sns {

class PlatformActions {
 public:
  explicit PlatformActions(Context& context) : context_(context) {}

  Answer create_application(const Input& input, const Caller& caller);
  Answer delete_application(const Input& input, const Caller& caller);
  Answer application(const Input& input, const Caller& caller);
  Answer set_application(const Input& input, const Caller& caller);
  Answer list_applications(const Input& input, const Caller& caller);
  Answer create_endpoint(const Input& input, const Caller& caller);
  Answer delete_endpoint(const Input& input, const Caller& caller);
  Answer endpoint(const Input& input, const Caller& caller);
  Answer set_endpoint(const Input& input, const Caller& caller);
  Answer list_endpoints(const Input& input, const Caller& caller);

 private:
  Context& context_;
};

}  // namespace belfry::aws::sns

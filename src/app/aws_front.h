// The AWS-compatible endpoint of a running belfry: the front with its services, over the runtime's
// store, on an address of its own. It is there when belfry.yaml has the key `aws`.
#pragma once

#include <memory>
#include <string>

#include "app/runtime.h"

namespace belfry::app {

class AwsFront {
 public:
  // The runtime must outlive it; its configuration must have `aws`.
  static Result<std::unique_ptr<AwsFront>> start(Runtime& runtime);
  virtual ~AwsFront() = default;
  virtual std::string address() const = 0;  // host:port, with the port it got
};

}  // namespace belfry::app

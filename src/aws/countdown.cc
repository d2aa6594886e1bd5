#include "aws/countdown.h"

#include <atomic>
#include <memory>

namespace belfry::aws {

std::function<void()> countdown(size_t count, Callback<> then) {
  auto left = std::make_shared<std::atomic<size_t>>(count);
  auto last = std::make_shared<Callback<>>(std::move(then));
  return [left, last] {
    if (--*left == 0) (*last)();
  };
}

}  // namespace belfry::aws

// What the fuzz targets of the services behind the front share: a store in memory, a front, and a
// clock that moves with each request. Tests only.
#pragma once

#include <memory>
#include <utility>

#include "aws/front.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/forgetful_files.h"
#include "base/random.h"
#include "queue/store.h"

namespace belfry::aws {

// A target derives from it, adds its service to the front, and lets go of the store last.
class FuzzEndpoint {
 protected:
  FuzzEndpoint() {
    auto opened = queue::Store::open(files_, clock_, *random_, "data", {.segment_bytes = 4 << 20});
    BELFRY_CHECK(opened.has_value());
    store_ = std::move(*opened);
    BELFRY_CHECK(store_->open_queue("q", {}).has_value());
  }

  void handle(http::ServerRequest request) {
    request.method = "POST";
    request.peer = "127.0.0.1";
    request.headers.emplace_back("Host", "localhost");
    front_.handle(std::move(request), [](http::ServerResponse) {});
    clock_.advance(std::chrono::seconds(1));
    store_->clock_moved();
  }

  ForgetfulFiles files_{1};
  ManualClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  std::unique_ptr<queue::Store> store_;
  Front front_{clock_, *random_, Front::Options{}};
};

// The target, made anew every so many inputs, so that memory stays small.
template <class Target>
Target& fuzz_target() {
  constexpr int kInputsOfOne = 500;
  static std::unique_ptr<Target> target;
  static int asked = 0;
  if (!target || ++asked % kInputsOfOne == 0) {
    target.reset();
    target = std::make_unique<Target>();
  }
  return *target;
}

}  // namespace belfry::aws

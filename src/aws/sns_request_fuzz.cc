// Forms from anybody to SNS, the whole way to the store and back: the input is the body.
#include <memory>
#include <string>

#include "aws/front.h"
#include "aws/sns.h"
#include "base/check.h"
#include "base/forgetful_files.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace {

using namespace belfry;

class Target {
 public:
  Target() {
    auto opened = queue::Store::open(files_, clock_, *random_, "data", {.segment_bytes = 4 << 20});
    BELFRY_CHECK(opened.has_value());
    store_ = std::move(*opened);
    BELFRY_CHECK(topic::open_confirmations(*store_).has_value());
    BELFRY_CHECK(topic::open_direct_queues(*store_).has_value());
    BELFRY_CHECK(store_->open_queue("q", {}).has_value());
    notices_ = std::make_unique<topic::Notices>(*store_, clock_, topic::Notices::Options{});
    topics_ = topic::Topics::over(*store_, notices_.get());
    BELFRY_CHECK(topics_->open_topic("t").has_value());
    BELFRY_CHECK(topics_->open_topic("t.fifo").has_value());
    sns_ = std::make_unique<aws::Sns>(*store_, *topics_, *notices_, clock_, *random_,
                                      aws::Sns::Options{});
    front_.add(sns_->service());
  }
  ~Target() {
    topics_.reset();
    store_.reset();
  }

  void ask(std::string_view body) {
    http::ServerRequest request;
    request.method = "POST";
    request.target = request.path = "/";
    request.peer = "127.0.0.1";
    request.headers = {{"Host", "localhost"}};
    request.body = body;
    front_.handle(std::move(request), [](http::ServerResponse) {});
    clock_.advance(std::chrono::seconds(1));
    store_->clock_moved();
  }

 private:
  ForgetfulFiles files_{1};
  ManualClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  std::unique_ptr<queue::Store> store_;
  std::unique_ptr<topic::Notices> notices_;
  std::unique_ptr<topic::Topics> topics_;
  std::unique_ptr<aws::Sns> sns_;
  aws::Front front_{clock_, *random_, aws::Front::Options{}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int kRequestsOfOne = 500;  // then begin anew, so that memory stays small
  static std::unique_ptr<Target> target;
  static int asked = 0;
  if (!target || ++asked % kRequestsOfOne == 0) {
    target.reset();
    target = std::make_unique<Target>();
  }
  target->ask({reinterpret_cast<const char*>(data), size});
  return 0;
}

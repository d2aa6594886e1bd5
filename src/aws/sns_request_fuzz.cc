// Forms from anybody to SNS, the whole way to the store and back: the input is the body.
#include <string_view>

#include "aws/fuzz_endpoint.h"
#include "aws/sns.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace {

using namespace belfry;

class Target : aws::FuzzEndpoint {
 public:
  Target() {
    BELFRY_CHECK(topic::open_confirmations(*store_).has_value());
    BELFRY_CHECK(topic::open_direct_queues(*store_).has_value());
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
    request.target = request.path = "/";
    request.body = body;
    handle(std::move(request));
  }

 private:
  std::unique_ptr<topic::Notices> notices_;
  std::unique_ptr<topic::Topics> topics_;
  std::unique_ptr<aws::Sns> sns_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  aws::fuzz_target<Target>().ask({reinterpret_cast<const char*>(data), size});
  return 0;
}

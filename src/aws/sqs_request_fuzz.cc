// Requests from anybody against the whole way to the store and back: the first byte chooses the
// protocol (a letter: JSON, and which action; anything else: a form), the rest is the body.
#include <memory>
#include <string>

#include "aws/front.h"
#include "aws/sqs.h"
#include "aws/sqs_shapes.h"
#include "base/check.h"
#include "base/forgetful_files.h"

namespace {

using namespace belfry;

class Target {
 public:
  Target() {
    auto opened = queue::Store::open(files_, clock_, *random_, "data", {.segment_bytes = 4 << 20});
    BELFRY_CHECK(opened.has_value());
    store_ = std::move(*opened);
    sqs_ = std::make_unique<aws::Sqs>(*store_, clock_, *random_, executor_, aws::Sqs::Options{});
    front_.add(sqs_->service());
    BELFRY_CHECK(store_->open_queue("q", {}).has_value());
    queue::QueueSettings fifo;
    fifo.fifo = true;
    BELFRY_CHECK(store_->open_queue("q.fifo", fifo).has_value());
  }
  ~Target() { store_.reset(); }

  void ask(std::string_view input) {
    http::ServerRequest request;
    request.method = "POST";
    request.target = request.path = "/000000000000/q";
    request.peer = "127.0.0.1";
    request.headers = {{"Host", "localhost"}};
    const char first = input.front();
    request.body = input.substr(1);
    if (first >= 'A' && first <= 'W') {
      auto action = aws::sqs::action_shapes().begin();
      std::advance(action, first - 'A');
      request.headers.emplace_back("X-Amz-Target", "AmazonSQS." + action->first);
    }
    front_.handle(std::move(request), [](http::ServerResponse) {});
    clock_.advance(std::chrono::seconds(1));
    executor_.run();
    store_->clock_moved();
  }

 private:
  ForgetfulFiles files_{1};
  ManualClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  ManualExecutor executor_{clock_};
  std::unique_ptr<queue::Store> store_;
  std::unique_ptr<aws::Sqs> sqs_;
  aws::Front front_{clock_, *random_, aws::Front::Options{}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int kRequestsOfOne = 500;  // then begin anew, so that memory stays small
  static std::unique_ptr<Target> target;
  static int asked = 0;
  if (size == 0) return 0;
  if (!target || ++asked % kRequestsOfOne == 0) {
    target.reset();
    target = std::make_unique<Target>();
  }
  target->ask({reinterpret_cast<const char*>(data), size});
  return 0;
}

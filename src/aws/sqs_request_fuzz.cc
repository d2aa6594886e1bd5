// Requests from anybody against the whole way to the store and back: the first byte chooses the
// protocol (a letter: JSON, and which action; anything else: a form), the rest is the body.
#include <string_view>

#include "aws/fuzz_endpoint.h"
#include "aws/sqs.h"
#include "aws/sqs_shapes.h"

namespace {

using namespace belfry;

class Target : aws::FuzzEndpoint {
 public:
  Target() {
    sqs_ = std::make_unique<aws::Sqs>(*store_, clock_, *random_, executor_, aws::Sqs::Options{});
    front_.add(sqs_->service());
    queue::QueueSettings fifo;
    fifo.fifo = true;
    BELFRY_CHECK(store_->open_queue("q.fifo", fifo).has_value());
  }
  ~Target() { store_.reset(); }

  void ask(std::string_view input) {
    http::ServerRequest request;
    request.target = request.path = "/000000000000/q";
    const char first = input.front();
    request.body = input.substr(1);
    if (first >= 'A' && first <= 'W') {
      auto action = aws::sqs::action_shapes().begin();
      std::advance(action, first - 'A');
      request.headers.emplace_back("X-Amz-Target", "AmazonSQS." + action->first);
    }
    handle(std::move(request));
    executor_.run();
  }

 private:
  ManualExecutor executor_{clock_};
  std::unique_ptr<aws::Sqs> sqs_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) aws::fuzz_target<Target>().ask({reinterpret_cast<const char*>(data), size});
  return 0;
}

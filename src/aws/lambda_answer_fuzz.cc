// What functions answer through the Runtime API: results that name failures, and errors told to
// people.
#include <string>

#include "aws/lambda_event_source.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string answer(reinterpret_cast<const char*>(data), size);
  std::vector<belfry::queue::Received> messages(2);
  messages[0].message.id = "a";
  messages[1].message.id = "b";
  BELFRY_CHECK(belfry::aws::lambda::failures_in(answer, messages).size() == messages.size());
  belfry::functions::InvocationResult result;
  result.kind = belfry::functions::InvocationResult::Kind::error;
  result.payload = answer;
  BELFRY_CHECK(!result.reason().empty());
  return 0;
}

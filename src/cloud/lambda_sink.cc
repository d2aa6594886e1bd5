#include "cloud/lambda_sink.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/url.h"

namespace belfry::cloud {

namespace {

class LambdaSink final : public pipeline::Sink {
 public:
  LambdaSink(Caller& caller, std::string function)
      : caller_(caller),
        path_(fmt::format("/2015-03-31/functions/{}/invocations", http::percent_encode(function))) {
  }

  size_t most_items() const override { return 1; }

  void send(const std::vector<pipeline::Item>& items,
            Callback<std::vector<pipeline::Outcome>> done) override {
    Call call;
    call.service = "lambda";
    call.path = path_;
    call.headers = {{"Content-Type", "application/json"}, {"X-Amz-Invocation-Type", "Event"}};
    call.body = items[0].content->body;
    caller_.call(std::move(call), [done = std::move(done)](Reply reply) mutable {
      std::vector<pipeline::Outcome> outcomes;
      outcomes.push_back(outcome_of(reply));
      done(std::move(outcomes));
    });
  }

 private:
  static pipeline::Outcome outcome_of(const Reply& reply) {
    const auto* refusal = std::get_if<Refusal>(&reply);
    if (!refusal) return pipeline::Outcome::done();
    // What lies in the event goes to the dead letters; the rest waits until a person mended it.
    static constexpr std::string_view kEventsOwn[] = {"InvalidRequestContentException",
                                                      "RequestTooLargeException",
                                                      "RequestEntityTooLargeException"};
    if (std::ranges::find(kEventsOwn, refusal->code) != std::end(kEventsOwn))
      return pipeline::Outcome::permanent(describe(*refusal));
    return pipeline::Outcome::retry(describe(*refusal), refusal->retry_after);
  }

  Caller& caller_;
  const std::string path_;
};

}  // namespace

std::shared_ptr<pipeline::Sink> lambda_sink(Caller& caller, std::string function) {
  return std::make_shared<LambdaSink>(caller, std::move(function));
}

}  // namespace belfry::cloud

#include "sinks/webhook.h"

#include <fmt/format.h>

#include <mutex>

namespace belfry::sinks {
namespace {

using pipeline::Outcome;

constexpr int kRedirects = 3;
constexpr size_t kAnswerShown = 200;  // bytes of a refusal's body, in reasons
constexpr char kContentType[] = "text/plain; charset=UTF-8";

class Webhook final : public pipeline::Handler, public std::enable_shared_from_this<Webhook> {
 public:
  Webhook(http::Client& client, Clock& clock, Executor& executor, Subscriber subscriber,
          const topic::DeliveryPolicy& policy)
      : client_(client),
        clock_(clock),
        executor_(executor),
        subscriber_(std::move(subscriber)),
        policy_(policy) {}

  void handle(const queue::Received& copy, Callback<Outcome> done) override {
    const Duration wait = turn();
    if (wait <= Duration(0)) return post(copy, std::move(done));
    executor_.post_after(wait,
                         [self = shared_from_this(), &copy, done = std::move(done)]() mutable {
                           self->post(copy, std::move(done));
                         });
  }

 private:
  // How long until the policy's rate allows the next delivery.
  Duration turn() {
    if (policy_.rate == 0) return Duration(0);
    std::lock_guard lock(mutex_);
    const Duration now = clock_.monotonic();
    next_ = std::max(next_, now);
    const Duration wait = next_ - now;
    next_ += Duration(std::chrono::seconds(1)) / policy_.rate;
    return wait;
  }

  void post(const queue::Received& copy, Callback<Outcome> done) {
    topic::Notice notice = subscriber_.notice(copy);
    const topic::Subscription& subscription = subscriber_.subscription;
    auto request =
        webhook_request(subscriber_.notices, notice, subscription,
                        subscription.raw ? copy.message.body : notice.document(subscription));
    if (subscription.raw) request.headers.emplace_back("x-amz-sns-rawdelivery", "true");
    if (!policy_.content_type.empty())
      for (auto& [name, value] : request.headers)
        if (name == "Content-Type") value = policy_.content_type;
    client_.send(std::move(request), [self = shared_from_this(),
                                      done = std::move(done)](http::Response response) mutable {
      done(webhook_outcome(response, self->clock_.now()));
    });
  }

  http::Client& client_;
  Clock& clock_;
  Executor& executor_;
  const Subscriber subscriber_;
  const topic::DeliveryPolicy policy_;
  std::mutex mutex_;
  Duration next_{};  // when the next delivery may start, monotonic
};

}  // namespace

http::Request webhook_request(const topic::Notices& notices, const topic::Notice& notice,
                              const topic::Subscription& subscription, std::string body) {
  http::Request request;
  request.method = "POST";
  request.url = subscription.endpoint;
  request.redirects = kRedirects;
  const auto& content = notice.content();
  request.headers = {
      {"x-amz-sns-message-type", std::string(topic::name_of(content.type))},
      {"x-amz-sns-message-id", content.id},
      {"x-amz-sns-topic-arn", notices.topic_arn(subscription.topic, subscription.region)}};
  if (content.type != topic::Notice::Type::subscription_confirmation)
    request.headers.emplace_back("x-amz-sns-subscription-arn", notices.arn(subscription));
  request.headers.emplace_back("Content-Type", kContentType);
  request.headers.emplace_back("User-Agent", "Amazon Simple Notification Service Agent");
  request.body = std::move(body);
  return request;
}

Outcome webhook_outcome(const http::Response& response, WallTime now) {
  if (response.status >= 200 && response.status < 300) return Outcome::done();
  if (response.status == 0)
    return response.refused ? Outcome::permanent(response.error) : Outcome::retry(response.error);
  std::string reason = fmt::format("the endpoint answered {}", response.status);
  if (!response.body.empty()) reason += ": " + response.body.substr(0, kAnswerShown);
  if (response.status == 429 || response.status >= 500)
    return Outcome::retry(std::move(reason), http::retry_after(response, now));
  return Outcome::permanent(std::move(reason));
}

std::shared_ptr<pipeline::Handler> webhook_handler(http::Client& client, Clock& clock,
                                                   Executor& executor, Subscriber subscriber,
                                                   const topic::DeliveryPolicy& policy) {
  return std::make_shared<Webhook>(client, clock, executor, std::move(subscriber), policy);
}

}  // namespace belfry::sinks

#include "aws/lambda_events.h"

#include <algorithm>

#include "aws/countdown.h"

namespace belfry::aws::lambda {
namespace {

using pipeline::Outcome;

constexpr std::string_view kPrefix = ".lambda.";  // of the queues' names
constexpr std::string_view kRequestId = "belfry.request-id";
constexpr Duration kAge = std::chrono::hours(6);  // Lambda keeps an event for so long
constexpr size_t kConcurrency = 16;

}  // namespace

class Events::Handler final : public pipeline::Handler {
 public:
  Handler(Events& events, std::string function) : events_(events), function_(std::move(function)) {}

  void handle(const queue::Received& message, Callback<Outcome> done) override {
    functions::Invocation invocation;
    invocation.event = message.message.body;
    events_.host_.invoke(
        function_, std::move(invocation), functions::LambdaHost::Wait::yes,
        [this, &message, done = std::move(done)](functions::InvocationResult result) mutable {
          // The store may make one wait, which the host's thread must not.
          events_.executor_.post(
              [this, &message, done = std::move(done), result = std::move(result)]() mutable {
                done(outcome(message, result));
              });
        });
  }

 private:
  Outcome outcome(const queue::Received& message, const functions::InvocationResult& result) {
    using Kind = functions::InvocationResult::Kind;
    if (result.kind == Kind::done) return Outcome::done();
    if (result.kind == Kind::throttled) return Outcome::retry(result.reason());
    const EventPolicy policy = events_.policy_(function_);
    if (result.kind == Kind::error && message.receives < policy.attempts)
      return Outcome::retry(result.reason(), std::chrono::minutes(message.receives));
    const auto dead = policy.dead_letter_queue.empty()
                          ? std::optional<queue::QueueId>()
                          : events_.store_.find_queue(policy.dead_letter_queue);
    if (!dead) return Outcome::permanent(result.reason());
    queue::Message letter;
    letter.body = message.message.body;
    const auto request = message.message.system.find(std::string(kRequestId));
    letter.attributes["RequestID"] = {
        "String", request == message.message.system.end() ? result.request_id : request->second};
    letter.attributes["ErrorCode"] = {"Number", "200"};
    std::string reason = result.reason();
    // SQS takes no empty attribute.
    letter.attributes["ErrorMessage"] = {"String", reason.empty() ? "failed" : std::move(reason)};
    queue::Batch batch;
    batch.send(*dead, std::move(letter));
    return Outcome::done(std::move(batch));
  }

  Events& events_;
  const std::string function_;
};

struct Events::Line {
  queue::QueueId queue = 0;
  std::unique_ptr<Handler> handler;
  std::unique_ptr<pipeline::Worker> worker;
};

Events::Events(queue::Store& store, functions::LambdaHost& host, Random& random, Executor& executor,
               std::function<EventPolicy(const std::string&)> policy)
    : store_(store),
      host_(host),
      random_(random),
      executor_(executor),
      policy_(std::move(policy)) {}

Events::~Events() = default;

// Under the mutex.
Result<queue::QueueId> Events::open(const std::string& function) {
  if (const auto at = lines_.find(function); at != lines_.end()) return at->second->queue;
  queue::QueueSettings settings;
  settings.retention = kAge;
  settings.leases_end_with_process = true;
  const std::string name = std::string(kPrefix) + function;
  auto queue = store_.open_queue(name, settings);
  if (!queue) return queue;
  auto line = std::make_unique<Line>();
  line->queue = *queue;
  line->handler = std::make_unique<Handler>(*this, function);
  pipeline::WorkerSettings worker;
  worker.concurrency = kConcurrency;
  auto made = pipeline::Worker::make(store_, name, *line->handler, random_, executor_, worker);
  if (!made) return tl::unexpected(made.error());
  line->worker = std::move(*made);
  if (started_ && !stopping_) line->worker->start();
  const queue::QueueId id = line->queue;
  lines_.emplace(function, std::move(line));
  return id;
}

void Events::start() {
  std::lock_guard lock(mutex_);
  started_ = true;
  for (auto& [name, line] : lines_) line->worker->start();
  for (const std::string& name : store_.queue_names())
    if (name.starts_with(kPrefix)) (void)open(name.substr(kPrefix.size())).has_value();
}

void Events::stop(Duration deadline, Callback<> then) {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  const auto one_less = countdown(lines_.size() + 1, std::move(then));
  for (auto& [name, line] : lines_) line->worker->stop(deadline, one_less);
  one_less();
}

size_t Events::active() const {
  std::lock_guard lock(mutex_);
  size_t active = 0;
  for (const auto& [name, line] : lines_) active += line->worker->status().active;
  return active;
}

void Events::add(const std::string& function, std::string event, std::string request_id,
                 Callback<Result<void>> then) {
  Result<queue::QueueId> queue;
  {
    std::lock_guard lock(mutex_);
    queue = open(function);
  }
  if (!queue) return then(tl::unexpected(queue.error()));
  queue::Message message;
  message.body = std::move(event);
  message.system[std::string(kRequestId)] = std::move(request_id);
  queue::Batch batch;
  batch.send(*queue, std::move(message));
  store_.commit(std::move(batch), [then = std::move(then)](queue::Committed committed) mutable {
    if (committed.status == queue::CommitStatus::durable) return then({});
    then(fail("the event could not be stored: " + committed.reason));
  });
}

}  // namespace belfry::aws::lambda

#include "functions/function_pool.h"

#include <algorithm>

#include "base/json.h"
#include "base/log.h"

namespace belfry::functions {

FunctionPool::FunctionPool(ExecutionEnvironment::Shared& shared, LambdaSettings settings,
                           std::shared_ptr<FunctionLog> log)
    : shared_(shared), settings_(std::move(settings)), log_(std::move(log)) {}

FunctionPool::~FunctionPool() {
  closing_ = true;
  alive_.reset();
  // Their ends come later, when nobody is there to hear: they are told before.
  for (auto* list : {&environments_, &former_})
    for (const Environment& environment : *list) environment->disown();
  for (auto& it : std::exchange(waiting_, {}))
    it.done({InvocationResult::Kind::unknown, {}, {}, {}});
}

void FunctionPool::configure(LambdaSettings settings) {
  settings_ = std::move(settings);
  failures_ = 0;
  not_before_ = Duration(0);
  std::vector<Environment> environments = std::move(environments_);
  environments_.clear();
  former_.insert(former_.end(), environments.begin(), environments.end());
  for (const Environment& environment : environments) environment->end();
  pump();
}

void FunctionPool::invoke(Invocation invocation, std::string request_id, bool may_wait,
                          Callback<InvocationResult> done) {
  const bool one_idle = std::ranges::any_of(
      environments_, [](const auto& it) { return it->idle() || it->almost_idle(); });
  const bool room = one_idle || (environments_.size() < settings_.concurrency);
  if (waiting_.size() >= kMostWaiting || (!may_wait && !room) || settings_.concurrency == 0) {
    ++counts_.throttled;
    return done({InvocationResult::Kind::throttled, {}, {}, {}});
  }
  waiting_.push_back({std::move(invocation), std::move(request_id), std::move(done)});
  pump();
}

size_t FunctionPool::coming() const {
  return static_cast<size_t>(std::ranges::count_if(
      environments_, [](const auto& it) { return it->starting() || it->almost_idle(); }));
}

void FunctionPool::pump_later(Duration delay) {
  shared_.loop.post_after(delay, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.lock()) return;
    pumping_later_ = false;
    pump();
  });
}

void FunctionPool::pump() {
  // begin() may answer at once and so come back here: look anew each time.
  while (!waiting_.empty() && !closing_) {
    const auto idle =
        std::ranges::find_if(environments_, [](const auto& it) { return it->idle(); });
    if (idle == environments_.end()) break;
    const Environment environment = *idle;
    begin(*environment);
  }
  while (!closing_ && waiting_.size() > coming() && environments_.size() < settings_.concurrency &&
         system_clock().monotonic() >= not_before_)
    start_one();
  // Those that are almost there may not come after all.
  if (!waiting_.empty() && !closing_ && !pumping_later_ &&
      std::ranges::any_of(environments_, [](const auto& it) { return it->almost_idle(); })) {
    pumping_later_ = true;
    pump_later(ExecutionEnvironment::kAlmost);
  }
}

void FunctionPool::start_one() {
  ++counts_.cold_starts;
  auto environment = std::make_shared<ExecutionEnvironment>(shared_, settings_, log_, *this);
  environments_.push_back(environment);
  if (auto started = environment->start(); !started) {
    std::erase(environments_, environment);
    environment->disown();
    std::string json = R"({"errorType":"Runtime.InvalidEntrypoint","errorMessage":)";
    append_json_string(json, started.error().message);
    json += "}";
    log_->append("the function cannot be started: " + started.error().message);
    start_failed(std::move(json));
    return;
  }
  end_idle_later();
}

void FunctionPool::start_failed(std::string error) {
  ++failures_;
  const Duration pause =
      std::min(kMostPause, kLeastPause * (1 << std::min<uint32_t>(failures_ - 1, 10)));
  not_before_ = system_clock().monotonic() + pause;
  pump_later(pause);
  ++counts_.errors;
  InvocationResult result{InvocationResult::Kind::error, std::move(error), {}, {}};
  counts_.last_error = result.reason();
  if (failures_ == 1)
    log::warn("a function cannot be started",
              {{"function", settings_.name}, {"reason", counts_.last_error}});
  if (waiting_.empty()) return;
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  result.request_id = first.request_id;
  first.done(std::move(result));
}

void FunctionPool::begin(ExecutionEnvironment& environment) {
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  environment.begin(std::move(first.invocation), std::move(first.request_id),
                    [this, alive = std::weak_ptr(alive_),
                     done = std::move(first.done)](InvocationResult result) mutable {
                      if (alive.lock()) {
                        if (result.kind == InvocationResult::Kind::done) {
                          ++counts_.done;
                        } else {
                          ++counts_.errors;
                          counts_.last_error = result.reason();
                        }
                      }
                      done(std::move(result));
                    });
}

void FunctionPool::ready(ExecutionEnvironment& environment) {
  failures_ = 0;
  not_before_ = Duration(0);
  if (!waiting_.empty()) begin(environment);
  pump();
}

void FunctionPool::ended(ExecutionEnvironment& environment, std::string init_error) {
  // It is on the stack below us.
  for (auto* list : {&environments_, &former_}) {
    const auto at =
        std::ranges::find_if(*list, [&](const auto& it) { return it.get() == &environment; });
    if (at == list->end()) continue;
    shared_.loop.post([gone = *at] {});
    list->erase(at);
    if (list == &former_) return;
  }
  if (!init_error.empty()) start_failed(std::move(init_error));
  pump();
}

void FunctionPool::end_idle_later() {
  if (std::exchange(ending_idle_, true)) return;
  shared_.loop.post_after(kIdleLimit / 10, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.lock()) return;
    ending_idle_ = false;
    const auto environments = environments_;
    const Duration before = system_clock().monotonic() - kIdleLimit;
    for (const Environment& it : environments)
      if (it->idle() && it->idle_since() < before) it->end();
    if (!environments_.empty()) end_idle_later();
  });
}

FunctionCounts FunctionPool::counts() const {
  FunctionCounts counts = counts_;
  counts.environments = environments_.size() + former_.size();
  counts.waiting = waiting_.size();
  for (const auto* list : {&environments_, &former_})
    for (const Environment& it : *list) counts.busy += it->busy();
  return counts;
}

}  // namespace belfry::functions

// A Lambda function at work: its execution environments, as many as its events need and its
// concurrency allows, and the events that wait for one. On the process loop's thread.
//
// An environment is started when an event finds none idle, serves one event after the other, and is
// ended when it was idle for kIdleLimit. A start that fails is what the event that waited for it is
// told; failures in a row put off the next start, longer each time.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "functions/execution_environment.h"

namespace belfry::functions {

struct FunctionCounts {
  size_t environments = 0, busy = 0, waiting = 0;
  uint64_t done = 0, errors = 0, throttled = 0, cold_starts = 0;
  std::string last_error;
};

class FunctionPool final : public ExecutionEnvironment::Owner {
 public:
  static constexpr size_t kMostWaiting = 1000;  // events; beyond them they are throttled
  static constexpr Duration kIdleLimit = std::chrono::minutes(10);
  static constexpr Duration kLeastPause = std::chrono::milliseconds(100);  // after a failed start
  static constexpr Duration kMostPause = std::chrono::seconds(10);

  FunctionPool(ExecutionEnvironment::Shared& shared, LambdaSettings settings,
               std::shared_ptr<FunctionLog> log);
  ~FunctionPool() override;  // ends everything; events under way are told that they failed

  // From the next start on; environments that run end once they have no event.
  void configure(LambdaSettings settings);
  // may_wait: for an environment to be free; else it is throttled when none is and none may start.
  void invoke(Invocation invocation, std::string request_id, bool may_wait,
              Callback<InvocationResult> done);
  FunctionCounts counts() const;

 private:
  struct Waiting {
    Invocation invocation;
    std::string request_id;
    Callback<InvocationResult> done;
  };
  using Environment = std::shared_ptr<ExecutionEnvironment>;

  void ready(ExecutionEnvironment& environment) override;
  void ended(ExecutionEnvironment& environment, std::string init_error) override;
  void pump();
  void start_one();
  void start_failed(std::string error);
  void begin(ExecutionEnvironment& environment);
  void end_idle_later();
  size_t coming() const;  // environments that will soon want an event
  void pump_later(Duration delay);

  ExecutionEnvironment::Shared& shared_;
  LambdaSettings settings_;
  const std::shared_ptr<FunctionLog> log_;
  std::vector<Environment> environments_;  // of these settings
  std::vector<Environment> former_;        // of earlier ones, until they end
  std::deque<Waiting> waiting_;
  uint32_t failures_ = 0;  // of starts, in a row
  Duration not_before_{0};
  bool ending_idle_ = false, pumping_later_ = false, closing_ = false;
  FunctionCounts counts_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // timers hold it weakly
};

}  // namespace belfry::functions

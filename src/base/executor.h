// Where work runs that waits for nothing: a few threads and a timer. Stages of the pipeline are written as small
// steps that are posted here when something happens (a message came, a provider answered, a delay ended), so a
// thousand idle subscriptions cost no thread.
//
// Tasks must not block for long: what blocks (a gRPC stream, an fsync) has a thread of its own.
#pragma once

#include <memory>

#include "base/callback.h"
#include "base/clock.h"

namespace belfry {

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(Callback<> task) = 0;                      // from any thread
  virtual void post_after(Duration delay, Callback<> task) = 0;  // from any thread; cannot be cancelled: a task checks whether it is still wanted
};

// Threads of its own. The destructor runs no further task, waits for those running, and drops the rest.
std::unique_ptr<Executor> thread_executor(int threads);

// Runs posted tasks only when told, in order, on the caller's thread; delayed ones when the clock has reached them.
class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(Clock& clock);
  ~ManualExecutor() override;
  void post(Callback<> task) override;
  void post_after(Duration delay, Callback<> task) override;
  size_t run();  // until nothing is due; the number of tasks run

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace belfry

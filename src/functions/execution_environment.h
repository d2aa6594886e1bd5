// One process that runs a function's code, one event after the other, and the Runtime API that it
// speaks with us: Lambda's "execution environment".
//
//   starting ──next──▶ idle ──begin()──▶ busy ──response or error, then next──▶ idle …
//
// Its life ends when the process does: by itself, killed for time or memory, or told to. All of it
// happens on the process loop's thread; the Runtime API has a loopback port of its own per
// environment, because the official clients know their environment by nothing else.
//
// A request that a web page could have sent is refused (it has an Origin). Who else has an account
// on this machine can reach the port as they can any on loopback.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "functions/function_log.h"
#include "functions/lambda.h"
#include "functions/process_loop.h"
#include "functions/runtimes.h"
#include "http/server.h"

namespace belfry::functions {

class ExecutionEnvironment : public std::enable_shared_from_this<ExecutionEnvironment> {
 public:
  struct Owner {
    virtual ~Owner() = default;
    virtual void ready(ExecutionEnvironment& environment) = 0;  // waits for an event
    // It has ended, once. init_error: it never became ready, and this is what an invocation that
    // waited for it is told; empty otherwise.
    virtual void ended(ExecutionEnvironment& environment, std::string init_error) = 0;
  };
  struct Shared {  // of the host
    ProcessLoop& loop;
    FileSystem& files;
    Clock& clock;
    Random& random;
    RuntimeFolders folders;
    std::string endpoint;
  };
  // How long a start may take before it counts as hung, beside the function's timeout.
  static constexpr Duration kInitLimit = std::chrono::seconds(60);
  static constexpr Duration kMemoryWatch = std::chrono::milliseconds(50);

  ExecutionEnvironment(Shared& shared, const LambdaSettings& settings,
                       std::shared_ptr<FunctionLog> log, Owner& owner);
  ~ExecutionEnvironment();

  Result<void> start();
  // Once ready: calls back when the event is handled. An environment may end with it.
  void begin(Invocation invocation, std::string request_id, Callback<InvocationResult> done);
  void end();      // once it has no event; ended() follows
  void end_now();  // in mid-work, too: what it has is told that it failed
  void disown();   // end_now() without ended(): its owner goes
  bool starting() const { return state_ == State::starting; }
  // Has answered just now and is about to ask for the next event.
  bool almost_idle() const;
  static constexpr Duration kAlmost = std::chrono::milliseconds(200);
  bool idle() const { return state_ == State::idle; }
  bool busy() const { return state_ == State::busy; }
  bool crashed() const { return crashed_; }  // its process ended though nobody wanted that
  Duration idle_since() const { return idle_since_; }  // monotonic

 private:
  enum class State { starting, idle, busy, ended };
  struct Current;

  // What the client does.
  void serve(http::ServerRequest request, http::Respond respond);
  void next(http::Respond respond, std::shared_ptr<const std::atomic<bool>> gone);
  void answered(const std::string& request_id, http::ServerRequest request, http::Respond respond,
                bool is_error);
  void init_failed(http::ServerRequest request, http::Respond respond);

  void offer();  // gives the current event to the client that asks for one
  void output(std::string_view bytes);
  void flush_line();
  void line(std::string text);
  void exited(Exit exit);
  void failed(std::string_view type, std::string_view message);
  void finish(InvocationResult::Kind kind, std::string payload);
  void watch_time(uint64_t turn, Duration limit);
  void watch_memory();
  void close(std::string init_error);

  Shared& shared_;
  const LambdaSettings settings_;
  const std::shared_ptr<FunctionLog> log_;
  Owner* owner_;
  State state_ = State::starting;
  std::unique_ptr<http::Server> server_;
  pid_t process_ = 0;
  Duration began_{}, answered_{}, idle_since_{}, init_duration_{};
  uint64_t turn_ = 0;  // timers of an earlier one are void
  uint64_t most_memory_ = 0;
  bool over_memory_ = false, ending_ = false, crashed_ = false, announced_init_ = false;
  std::string partial_;     // of a line of output
  std::string init_error_;  // as the client told it
  http::Respond waiting_;   // the client's question for the next event
  std::unique_ptr<Current> current_;
};

}  // namespace belfry::functions

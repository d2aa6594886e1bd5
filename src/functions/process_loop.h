// Child processes and their output on one thread: what the Lambda host (lambda_host.h) runs its
// execution environments with.
//
// One thread starts the children, reads what they print, hears when they end, and runs the tasks
// and timers of those who own them. So their state needs no locks: everything about an environment
// happens here. It must be this thread that starts them, because the kernel ties a child's life
// (PR_SET_PDEATHSIG) to the thread that made it: when belfry dies, its children die, however it
// died.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"

namespace belfry::functions {

struct Command {
  std::vector<std::string> arguments;    // the first is the program's path
  std::vector<std::string> environment;  // "NAME=value", all there is
  std::string folder;                    // it runs in
  uint64_t data_limit = 0;               // bytes of private memory (RLIMIT_DATA); 0: no limit
};

struct Exit {
  bool by_signal = false;
  int code = 0;  // or the signal
  bool good() const { return !by_signal && code == 0; }
  std::string describe() const;  // "exit status 1", "signal: killed"
};

class ProcessLoop final : public Executor {
 public:
  ProcessLoop();
  // Kills and reaps what still runs, ends the thread; tasks that wait are dropped.
  ~ProcessLoop() override;

  void post(Callback<> task) override;
  void post_after(Duration delay, Callback<> task) override;
  void run(Callback<> task);  // posts and waits; not on the loop's thread

  // The rest on the loop's thread only.

  // In a process group of its own. `output` gets what it prints (both streams, in order), `exited`
  // comes once, last. An error: it could not be started.
  Result<pid_t> spawn(const Command& command, Callback<std::string_view> output,
                      Callback<Exit> exited);
  void kill(pid_t process);   // with its whole group; `exited` follows
  void drain(pid_t process);  // hands over at once what it has printed so far
  // Bytes of private memory in use by it and its children, at most kMostChildren of them.
  static uint64_t memory(pid_t process);
  static constexpr size_t kMostChildren = 64;

 private:
  struct Child;
  void work();
  void wake();
  void run_tasks();
  int milliseconds_to_next() const;
  void read(Child& child);
  void reap(pid_t process);

  const int epoll_, wake_;
  std::map<pid_t, std::unique_ptr<Child>> children_;  // the loop's thread only
  std::mutex mutex_;
  std::vector<Callback<>> ready_;
  std::multimap<Duration, Callback<>> delayed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace belfry::functions

#include "functions/process_loop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <future>

#include "base/check.h"

namespace belfry::functions {
namespace {

constexpr uint64_t kWake = 0;  // what an epoll event is about: else a process, with kOutput for its
constexpr uint64_t kOutput = uint64_t{1} << 40;  // pipe
constexpr unsigned kCloseOnExec = 1U << 2;       // CLOSE_RANGE_CLOEXEC
constexpr size_t kPiecesPerTurn = 64;            // of one child's output, before others have theirs

Duration now() {
  return system_clock().monotonic();
}

int pidfd_of(pid_t process) {
  return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// After fork(), in the child: only calls that are safe there. Tells through `failed` why it could
// not go on.
[[noreturn]] void become(const Command& command, char* const* arguments, char* const* environment,
                         int output, int failed, pid_t parent, const sigset_t& no_signals) {
  const auto give_up = [&] {
    const int error = errno;
    (void)!::write(failed, &error, sizeof error);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &no_signals, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0)
    give_up();
  if (command.data_limit > 0) {
    const rlimit limit{command.data_limit, command.data_limit};
    ::setrlimit(RLIMIT_DATA, &limit);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::syscall(SYS_close_range, 3U, ~0U, kCloseOnExec);
  if (::chdir(command.folder.c_str()) != 0) give_up();
  ::execve(arguments[0], arguments, environment);
  give_up();
  ::_exit(127);
}

// The second field and the third of /proc/PID/statm: resident and shared pages.
uint64_t private_bytes(pid_t process) {
  std::FILE* file = std::fopen(fmt::format("/proc/{}/statm", process).c_str(), "r");
  if (!file) return 0;
  unsigned long long size = 0, resident = 0, shared = 0;
  const int read = std::fscanf(file, "%llu %llu %llu", &size, &resident, &shared);
  std::fclose(file);
  static const auto kPage = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return read == 3 && resident > shared ? (resident - shared) * kPage : 0;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> out;
  std::FILE* file = std::fopen(fmt::format("/proc/{0}/task/{0}/children", process).c_str(), "r");
  if (!file) return out;
  int child = 0;
  while (out.size() < ProcessLoop::kMostChildren && std::fscanf(file, "%d", &child) == 1)
    out.push_back(child);
  std::fclose(file);
  return out;
}

}  // namespace

std::string Exit::describe() const {
  if (!by_signal) return fmt::format("exit status {}", code);
  if (code == SIGKILL) return "signal: killed";
  if (code == SIGSEGV) return "signal: segmentation fault";
  if (code == SIGABRT) return "signal: aborted";
  if (code == SIGTERM) return "signal: terminated";
  return fmt::format("signal: {}", code);
}

struct ProcessLoop::Child {
  pid_t process = 0;
  int pidfd = -1, output = -1;
  Callback<std::string_view> on_output;
  Callback<Exit> on_exit;

  ~Child() {
    if (pidfd >= 0) ::close(pidfd);
    if (output >= 0) ::close(output);
  }
};

ProcessLoop::ProcessLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  BELFRY_CHECK(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  BELFRY_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  thread_ = std::thread([this] { work(); });
}

ProcessLoop::~ProcessLoop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  ::close(epoll_);
  ::close(wake_);
}

void ProcessLoop::wake() {
  BELFRY_CHECK(::eventfd_write(wake_, 1) == 0);
}

void ProcessLoop::post(Callback<> task) {
  {
    std::lock_guard lock(mutex_);
    ready_.push_back(std::move(task));
  }
  wake();
}

void ProcessLoop::post_after(Duration delay, Callback<> task) {
  {
    std::lock_guard lock(mutex_);
    delayed_.emplace(now() + delay, std::move(task));
  }
  wake();
}

void ProcessLoop::run(Callback<> task) {
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

int ProcessLoop::milliseconds_to_next() const {
  if (!ready_.empty()) return 0;
  if (delayed_.empty()) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(delayed_.begin()->first - now());
  return static_cast<int>(std::clamp<int64_t>(wait.count(), 0, 60'000));
}

void ProcessLoop::run_tasks() {
  std::vector<Callback<>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(ready_);
    const Duration time = now();
    while (!delayed_.empty() && delayed_.begin()->first <= time) {
      tasks.push_back(std::move(delayed_.begin()->second));
      delayed_.erase(delayed_.begin());
    }
  }
  for (auto& task : tasks) {
    task();
    task = nullptr;
  }
}

void ProcessLoop::work() {
  std::array<epoll_event, 64> events;
  while (true) {
    int wait = 0;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
      wait = milliseconds_to_next();
    }
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), wait);
    for (int i = 0; i < count; ++i) {
      const uint64_t about = events[static_cast<size_t>(i)].data.u64;
      if (about == kWake) {
        eventfd_t ignored;
        ::eventfd_read(wake_, &ignored);
      } else if (about >= kOutput) {
        if (const auto at = children_.find(static_cast<pid_t>(about - kOutput));
            at != children_.end())
          read(*at->second);
      } else {
        reap(static_cast<pid_t>(about));
      }
    }
    run_tasks();
  }
  // Owners are going: nobody is told.
  for (auto& [process, child] : children_) {
    ::kill(-process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }
  children_.clear();
  std::vector<Callback<>> dropped;
  std::multimap<Duration, Callback<>> dropped_too;
  std::lock_guard lock(mutex_);
  dropped.swap(ready_);
  dropped_too.swap(delayed_);
}

Result<pid_t> ProcessLoop::spawn(const Command& command, Callback<std::string_view> output,
                                 Callback<Exit> exited) {
  BELFRY_CHECK(!command.arguments.empty());
  int out[2], failed[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return fail(std::strerror(errno));
  if (::pipe2(failed, O_CLOEXEC) != 0) {
    const int error = errno;
    ::close(out[0]), ::close(out[1]);
    return fail(std::strerror(error));
  }
  const std::vector<char*> arguments = pointers(command.arguments);
  const std::vector<char*> environment = pointers(command.environment);
  sigset_t all_signals, no_signals, before;
  ::sigfillset(&all_signals);
  ::sigemptyset(&no_signals);
  // No handler of ours may run in the child before they are reset there.
  ::pthread_sigmask(SIG_SETMASK, &all_signals, &before);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0)
    become(command, arguments.data(), environment.data(), out[1], failed[1], parent, no_signals);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(out[1]);
  ::close(failed[1]);
  int error = process < 0 ? fork_error : 0;
  // Ends when the program runs (the pipe closes on exec) or with the reason why it does not.
  if (process >= 0 && ::read(failed[0], &error, sizeof error) != sizeof error) error = 0;
  ::close(failed[0]);
  if (error != 0) {
    if (process > 0) ::waitpid(process, nullptr, 0);
    ::close(out[0]);
    return fail(fmt::format("cannot run {} in {}: {}", command.arguments[0], command.folder,
                            std::strerror(error)));
  }
  ::setpgid(process, process);  // whichever of the two comes first

  auto child = std::make_unique<Child>();
  child->process = process;
  child->pidfd = pidfd_of(process);
  child->output = out[0];
  child->on_output = std::move(output);
  child->on_exit = std::move(exited);
  BELFRY_CHECK(child->pidfd >= 0);
  ::fcntl(child->output, F_SETFL, O_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<uint64_t>(process);
  BELFRY_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, child->pidfd, &event) == 0);
  event.data.u64 = kOutput + static_cast<uint64_t>(process);
  BELFRY_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, child->output, &event) == 0);
  children_.emplace(process, std::move(child));
  return process;
}

void ProcessLoop::kill(pid_t process) {
  if (children_.contains(process)) ::kill(-process, SIGKILL);
}

void ProcessLoop::drain(pid_t process) {
  if (const auto at = children_.find(process); at != children_.end()) read(*at->second);
}

void ProcessLoop::read(Child& child) {
  std::array<char, 16 << 10> buffer;
  for (size_t i = 0; i < kPiecesPerTurn && child.output >= 0; ++i) {
    const ssize_t count = ::read(child.output, buffer.data(), buffer.size());
    if (count > 0) {
      child.on_output({buffer.data(), static_cast<size_t>(count)});
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    ::close(child.output);  // and so out of the epoll set
    child.output = -1;
  }
}

void ProcessLoop::reap(pid_t process) {
  const auto at = children_.find(process);
  if (at == children_.end()) return;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != process)
    return;
  ::kill(-process, SIGKILL);  // what it left behind; the number is ours until it is reaped
  int status = 0;
  ::waitpid(process, &status, 0);
  const std::unique_ptr<Child> child = std::move(at->second);
  children_.erase(at);
  read(*child);
  Exit exit;
  exit.by_signal = WIFSIGNALED(status);
  exit.code = exit.by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
  child->on_exit(exit);
}

uint64_t ProcessLoop::memory(pid_t process) {
  std::vector<pid_t> family = {process};
  uint64_t bytes = 0;
  for (size_t i = 0; i < family.size() && i < kMostChildren; ++i) {
    bytes += private_bytes(family[i]);
    const auto children = children_of(family[i]);
    family.insert(family.end(), children.begin(), children.end());
  }
  return bytes;
}

}  // namespace belfry::functions

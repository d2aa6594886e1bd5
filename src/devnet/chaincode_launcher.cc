#include "devnet/chaincode_launcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include "base/log.h"

extern char** environ;

namespace belfry::devnet {
namespace {

// Variables a chaincode needs, on top of this process's own.
std::vector<std::string> environment_for(const std::string& id, const std::string& address) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("CORE_") && !text.starts_with("CHAINCODE_")) out.emplace_back(text);
  }
  out.push_back("CORE_CHAINCODE_ID_NAME=" + id);
  out.push_back("CORE_PEER_ADDRESS=" + address);
  out.push_back("CORE_PEER_TLS_ENABLED=false");
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// The child's side, after fork: async-signal-safe calls only.
[[noreturn]] void become(char* const* command, char* const* environment, const char* folder,
                         int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // goes with this process, even if that is killed
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, 0);
  if (log >= 0) {
    dup2(log, 1);
    dup2(log, 2);
  }
  if (*folder && chdir(folder) != 0) _exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvpe(command[0], command, environment);
  _exit(127);
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

PackageLauncher::~PackageLauncher() {
  stop();
}

void PackageLauncher::serve(std::shared_ptr<ChaincodeRuntime> runtime,
                            std::string dial_in_address) {
  std::lock_guard lock(mutex_);
  runtime_ = runtime;
  dial_in_ = std::move(dial_in_address);
}

void PackageLauncher::set_way(const std::string& id, ChaincodeWay way) {
  std::lock_guard lock(mutex_);
  ways_.insert_or_assign(id, std::move(way));
}

void PackageLauncher::launch(const std::string& id, Callback<std::string> failed) {
  std::optional<ChaincodeWay> way;
  std::shared_ptr<ChaincodeRuntime> runtime;
  {
    std::lock_guard lock(mutex_);
    runtime = runtime_.lock();
    if (const auto found = ways_.find(id); found != ways_.end() && !stopped_) way = found->second;
  }
  if (!way || !runtime)
    return failed(
        fmt::format("chaincode registration failed: {0} is not connected: start it with "
                    "CORE_CHAINCODE_ID_NAME={0} and --peer.address {1}",
                    id, dial_in_));
  if (const auto* address = std::get_if<ChaincodeAddress>(&*way))
    return connect_chaincode(std::move(runtime), id, *address, std::move(failed));
  run(id, std::get<ChaincodeProgram>(*way), std::move(failed));
}

void PackageLauncher::run(const std::string& id, const ChaincodeProgram& program,
                          Callback<std::string> failed) {
  std::lock_guard lock(mutex_);
  if (stopped_) return failed("the peer is shutting down");
  if (const auto old = running_.find(id); old != running_.end()) {
    // Its stream is gone, or nobody would ask: it is started again once it has ended.
    if (old->second > 0) kill(-old->second, SIGTERM);
    again_[id] = std::move(failed);
    return;
  }
  running_[id] = 0;
  // The thread that forks must outlive the child, which is told of its death.
  waiting_.emplace_back([this, id, program, failed = std::move(failed), address = dial_in_,
                         environment = environment_for(id, dial_in_)]() mutable {
    std::vector<std::string> words = program.command;
    words.insert(words.end(), {"--peer.address", address});
    const auto command = pointers(words);
    const auto variables = pointers(environment);
    const int log = open(program.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) become(command.data(), variables.data(), program.folder.c_str(), log, parent);
    if (log >= 0) close(log);
    std::string ending;
    if (child < 0) {
      ending = fmt::format("error starting container: fork: {}", std::strerror(errno));
    } else {
      bool stop_at_once = false;
      {
        std::lock_guard lock(mutex_);
        running_[id] = child;
        stop_at_once = stopped_;
      }
      if (stop_at_once) kill(-child, SIGTERM);
      int status = 0;
      while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      ending =
          fmt::format("chaincode registration failed: container exited with {}", exit_code(status));
      if (exit_code(status) == 127)
        ending += fmt::format(" ({} could not be run)", program.command.front());
      else
        ending += fmt::format(" (its output: {})", program.log);
    }
    bool stopping = false;
    Callback<std::string> again;
    {
      std::lock_guard lock(mutex_);
      running_.erase(id);
      stopping = stopped_;
      if (const auto found = again_.find(id); found != again_.end()) {
        again = std::move(found->second);
        again_.erase(found);
      }
    }
    if (!stopping) log::warn("a chaincode's process ended", {{"chaincode", id}, {"how", ending}});
    if (again) return run(id, program, std::move(again));
    failed(ending);
  });
}

void PackageLauncher::stop() {
  std::vector<std::thread> waiting;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [id, process] : running_)
      if (process > 0) kill(-process, SIGTERM);
    waiting = std::move(waiting_);
    waiting_.clear();
  }
  if (waiting.empty()) return;
  // Whoever does not listen is not asked twice.
  constexpr auto kPatience = std::chrono::seconds(2);
  std::thread insist([this, kPatience] {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      {
        std::lock_guard lock(mutex_);
        if (running_.empty()) return;
        if (std::chrono::steady_clock::now() > until)
          for (const auto& [id, process] : running_)
            if (process > 0) kill(-process, SIGKILL);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  for (auto& thread : waiting) thread.join();
  insist.join();
}

}  // namespace belfry::devnet

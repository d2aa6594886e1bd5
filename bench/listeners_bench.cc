// One listener beside a thousand on one channel: the recorded ledger of 15,201 valid events from
// memory through the whole follower (hashes, walk, match, lanes) into durable queues. CPU time of
// the process, best of several rounds.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "pipeline/fake_source.h"
#include "pipeline/follower.h"
#include "pipeline/store_destination.h"
#include "queue/store.h"
#include "support/ledger.h"

namespace {

using namespace belfry;

constexpr int kRounds = 3;

double cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

match::Pattern pattern(size_t i) {
  // The first one wants every event, the others names that never come.
  const std::string json =
      i == 0
          ? R"({"kind":["chaincode-event"]})"
          : fmt::format(
                R"({{"event":["Never{}"],"payload":{{"amount":[{{"numeric":[">",{}]}}]}}}})", i, i);
  return match::Pattern::parse(json, match::Dialect::listener).value();
}

struct Run {
  double cpu = 0, wall = 0;
  uint64_t events = 0;
};

Run run(const std::vector<std::string>& blocks, size_t listeners) {
  const std::string folder = std::filesystem::temp_directory_path() / "belfry-listeners-bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto store = queue::Store::open(posix_files(), system_clock(), secure_random(), folder, {});
  if (!store || !(*store)->open_queue("q", {})) std::abort();
  pipeline::FakeSource source(blocks);
  auto executor = thread_executor(1);
  std::vector<pipeline::Listener> all;
  for (size_t i = 0; i < listeners; ++i) {
    pipeline::Listener listener;
    listener.name = fmt::format("l{}", i);
    listener.match = pattern(i);
    listener.to = {{"q", pipeline::queue_destination(
                             **store, pipeline::checkpoint_key(listener.name, "q"), "q")
                             .value()}};
    all.push_back(std::move(listener));
  }
  auto follower = pipeline::Follower::make(
      {"net", "ch1", source, {}, {}, system_clock(), secure_random(), *executor}, std::move(all),
      {});
  if (!follower) std::abort();
  const double cpu = cpu_seconds();
  const Duration began = system_clock().monotonic();
  (*follower)->start();
  if (!(*follower)->wait_until_finished(std::chrono::minutes(5))) std::abort();
  Run run;
  run.cpu = cpu_seconds() - cpu;
  run.wall = std::chrono::duration<double>(system_clock().monotonic() - began).count();
  run.events = (*store)->counts(*(*store)->find_queue("q")).visible;
  follower->reset();
  store->reset();
  std::filesystem::remove_all(folder);
  return run;
}

}  // namespace

int main() {
  const tests::Ledger& ledger = tests::events_15k_ledger();
  std::vector<std::string> blocks;
  for (size_t i = 0; i < ledger.height(); ++i) blocks.push_back(ledger.common_block(i));
  double best[2] = {1e9, 1e9};
  const size_t listeners[2] = {1, 1'000};
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 2; ++i) {
      const Run one = run(blocks, listeners[i]);
      best[i] = std::min(best[i], one.cpu);
      fmt::print(
          "{:>5} listeners: {} events in {:.3f} s of CPU ({:.0f} events/s of CPU), {:.3f} s by the "
          "clock\n",
          listeners[i], one.events, one.cpu, static_cast<double>(one.events) / one.cpu, one.wall);
      if (one.events == 0) return 1;
    }
  }
  fmt::print("a thousand cost {:.2f} times one (at most 2)\n", best[1] / best[0]);
  return 0;
}

#include "app/dry_run.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include "app/amazon.h"
#include "app/channel_runner.h"
#include "app/runtime.h"
#include "pipeline/store_destination.h"
#include "pipeline/worker.h"
#include "sinks/outbox.h"

namespace belfry::app {

namespace {

constexpr size_t kPage = 500;
constexpr Duration kStopDeadline = std::chrono::seconds(5);

// A folder that is gone when this is.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "belfry-check-XXXXXX").string();
    if (mkdtemp(path.data())) path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Everything as configured, but from these blocks, to the outbox, and without waiting.
void make_dry(Config& config, const std::string& network, const std::string& blocks) {
  std::erase_if(config.listeners.entries,
                [&](const auto& listener) { return listener.value.network.value != network; });
  for (auto& listener : config.listeners) listener.value.from = {};
  for (auto& entry : config.networks) {
    if (entry.name != network) continue;
    NetworkConfig dry;
    dry.blocks = {blocks, {}};
    dry.follow = false;
    dry.verify = entry.value.verify;
    entry.value = dry;
  }
  for (auto& queue : config.queues) queue.value.delay = Duration(0);
  config.sms = {};
  config.outside = false;
  config.aws.reset();
  // What would go to the real AWS stays in a queue of the target's name.
  for (auto& listener : config.listeners) {
    for (Target& target : listener.value.to) {
      if (!in_cloud(target)) continue;
      target = {Target::Kind::queue, target_name(target), target.at};
      if (!config.queues.find(target.name))
        config.queues.entries.push_back({target.name, target.at, {}});
    }
  }
  config.cloud = {};
}

template <class Use>
void each_message(const queue::Store& store, std::string_view name, const Use& use) {
  const auto queue = store.find_queue(name);
  if (!queue) return;
  uint64_t after = 0;
  for (auto messages = store.peek(*queue, 0, kPage); !messages.empty();
       messages = store.peek(*queue, after, kPage)) {
    for (const queue::Received& message : messages) use(message.message);
    after = messages.back().sequence;
  }
}

std::string text_of(const boost::json::value& value, std::string_view key) {
  const boost::json::object* object = value.if_object();
  const boost::json::value* found = object ? object->if_contains(key) : nullptr;
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

void read_outbox(const queue::Store& store, size_t most, DryRun& result) {
  each_message(store, sinks::kOutboxQueue, [&](const queue::Message& message) {
    boost::system::error_code error;
    const boost::json::value entry = boost::json::parse(message.body, error);
    DryRunMessage it{text_of(entry, "topic"), text_of(entry, "protocol"), text_of(entry, "to"),
                     text_of(entry, "text")};
    if (result.by_recipient[it.to]++ < most) result.messages.push_back(std::move(it));
  });
}

void read_failures(const Config& config, const queue::Store& store, size_t most, DryRun& result) {
  std::vector<std::string> queues = config.queues.names();
  queues.emplace_back(pipeline::kDeadQueue);
  for (const std::string& queue : queues) {
    each_message(store, queue, [&](const queue::Message& message) {
      const auto reason = message.system.find(std::string(pipeline::kReason));
      const auto from = message.system.find(std::string(pipeline::kDeadLetterSource));
      if (from == message.system.end()) return;  // not a dead letter
      if (result.failed++ < most)
        result.failures.push_back(
            {from->second, reason == message.system.end() ? "" : reason->second, message.body});
    });
  }
}

}  // namespace

Result<DryRun> dry_run(Config config, const std::string& network, const std::string& blocks,
                       size_t most, const std::string& version, Host host) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return fail("no temporary folder can be made");
  make_dry(config, network, blocks);
  auto runtime = Runtime::open(config, host, folder.path(), version);
  if (!runtime) return tl::unexpected(runtime.error());
  (*runtime)->start();
  while (!(*runtime)->finished()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  DryRun result;
  result.status = (*runtime)->status();
  (void)(*runtime)->stop(kStopDeadline);
  read_outbox((*runtime)->store(), most, result);
  read_failures(config, (*runtime)->store(), most, result);
  return result;
}

}  // namespace belfry::app

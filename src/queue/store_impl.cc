#include "queue/store_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/check.h"
#include "base/log.h"

namespace belfry::queue {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

bool in_range(const QueueSettings& settings) {
  const auto times = {settings.visibility_timeout, settings.delay, settings.retention,
                      settings.receive_wait};
  return std::all_of(times.begin(), times.end(), [](Duration time) {
    return time >= Duration(0) && time.count() <= kLatestTime;
  });
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(FileSystem& files, Clock& clock, Random& random,
                                           std::string folder, Options options) {
  options.segment_bytes =
      std::clamp(round_to_sector(options.segment_bytes), 16 * kSector, kLargestSegment);
  auto store = std::make_unique<StoreImpl>(files, clock, random, std::move(folder), options);
  if (auto started = store->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<Store>(std::move(store));
}

Committed Store::commit(Batch batch) {
  BELFRY_CHECK(!in_callback());
  std::promise<Committed> done;
  commit(std::move(batch), [&](Committed committed) { done.set_value(std::move(committed)); });
  hurry();
  return done.get_future().get();
}

std::vector<Received> Store::receive(QueueId queue, size_t max, Duration visibility,
                                     Duration wait) {
  BELFRY_CHECK(!in_callback());
  std::promise<std::vector<Received>> done;
  receive(queue, max, visibility, wait,
          [&](std::vector<Received> received) { done.set_value(std::move(received)); });
  hurry();
  return done.get_future().get();
}

thread_local const StoreImpl* StoreImpl::calling_back_ = nullptr;
thread_local StoreImpl::Turn StoreImpl::turn_;

StoreImpl::StoreImpl(FileSystem& files, Clock& clock, Random& random, std::string folder,
                     Options options)
    : files_(files),
      clock_(clock),
      random_(random),
      folder_(std::move(folder)),
      options_(options),
      state_(files, folder_),
      recent_(options.cache_bytes),
      segments_(files, folder_, {options.segment_bytes, options.maximum_bytes}),
      ids_(random) {}

Result<void> StoreImpl::start() {
  auto recovered = recover(files_, clock_, random_, folder_, state_, segments_,
                           options_.index_bytes / (kPageEntries * sizeof(Entry)));
  if (!recovered) return tl::unexpected(recovered.error());
  active_ = recovered->active;
  offset_ = recovered->end;
  checkpointed_ = recovered->checkpoint;
  checkpoint_size_ = recovered->checkpoint_size;
  end_ = active_ ? LogPosition{active_->header.generation, offset_} : checkpointed_;
  segments_.on_wanted([this] { poke_keeper(); });
  for (const auto& [id, queue] : state_.queues()) list_due_locked(*queue);
  keeper_ = std::thread([this] { keeper(); });
  flusher_ = std::thread([this] { flusher(); });
  poke_keeper();
  return {};
}

StoreImpl::~StoreImpl() {
  if (flusher_.joinable()) {
    {
      std::lock_guard lock(pending_mutex_);
      stopping_ = true;
    }
    pending_changed_.notify_one();
    flusher_.join();
  }
  if (keeper_.joinable()) {
    {
      std::lock_guard lock(keeper_mutex_);
      keeper_stopping_ = true;
    }
    segments_.stop();
    keeper_changed_.notify_one();
    keeper_.join();
    // The next start then has no tail to read.
    if (failed_.empty() && active_ && logged_since_checkpoint_ > 0) (void)checkpoint();
  }
}

Result<void> StoreImpl::wait_for(std::future<Committed> done) {
  if (in_callback()) return {};
  hurry();
  auto committed = done.get();
  if (committed.status == CommitStatus::durable) return {};
  return fail(std::move(committed.reason));
}

// Submits under the state lock, so that whoever sees the change can only write after it.
std::future<Committed> StoreImpl::submit_locked(Batch::Operation operation) {
  Work work;
  work.batch.operations().push_back(std::move(operation));
  auto done = std::make_shared<std::promise<Committed>>();
  auto future = done->get_future();
  work.done = [done](Committed committed) { done->set_value(std::move(committed)); };
  submit(std::move(work));
  return future;
}

Result<QueueId> StoreImpl::open_queue(const std::string& name, const QueueSettings& settings) {
  if (!is_name(name))
    return fail(
        fmt::format("queue name \"{}\" is not 1 to 200 of the characters A-Z a-z 0-9 _ . -", name));
  if (!in_range(settings))
    return fail(fmt::format("queue \"{}\": its times must be between 0 and {} days", name,
                            kLatestTime / Duration(std::chrono::hours(24)).count()));
  QueueId id = 0;
  bool made = false;
  std::future<Committed> done;
  {
    std::lock_guard lock(state_mutex_);
    if (const auto* queue = state_.find(name)) {
      if (queue->stored && queue->settings() == settings) return queue->id;
      id = queue->id;
    } else {
      id = state_.next_queue;
      made = true;
    }
    auto& queue = state_.define(id, name, settings, now());
    queue.stored = false;
    list_due_locked(queue);
    done = submit_locked({QueueOperation{id, name, queue.settings()}});
  }
  if (auto stored = wait_for(std::move(done)); !stored) {
    std::lock_guard lock(state_mutex_);
    if (made) state_.destroy(id);
    return tl::unexpected(stored.error());
  }
  return id;
}

Result<void> StoreImpl::delete_queue(QueueId id) {
  std::future<Committed> done;
  {
    std::lock_guard lock(state_mutex_);
    if (state_.find(id) == nullptr) return fail("the queue does not exist");
    state_.hide(id);
    done = submit_locked({DeleteOperation{id}});
  }
  return wait_for(std::move(done));
}

Result<void> StoreImpl::purge(QueueId id) {
  std::future<Committed> done;
  {
    std::lock_guard lock(state_mutex_);
    if (state_.find(id) == nullptr) return fail("the queue does not exist");
    done = submit_locked({PurgeOperation{id}});
  }
  return wait_for(std::move(done));
}

std::optional<QueueId> StoreImpl::find_queue(std::string_view name) const {
  std::lock_guard lock(state_mutex_);
  const auto* queue = state_.find(name);
  if (queue == nullptr) return std::nullopt;
  return queue->id;
}

std::vector<std::string> StoreImpl::queue_names() const {
  std::lock_guard lock(state_mutex_);
  return state_.queue_names();
}

QueueSettings StoreImpl::settings(QueueId id) const {
  std::lock_guard lock(state_mutex_);
  const auto* queue = state_.find(id);
  return queue == nullptr ? QueueSettings{} : queue->settings();
}

QueueCounts StoreImpl::counts(QueueId id) const {
  std::lock_guard lock(state_mutex_);
  auto* queue = state_.find(id);
  if (queue == nullptr) return {};
  queue->expire_due(now());
  return queue->counts();
}

std::optional<std::string> StoreImpl::get(std::string_view key) const {
  std::lock_guard lock(state_mutex_);
  const auto at = state_.records.find(key);
  if (at == state_.records.end()) return std::nullopt;
  return at->second;
}

std::vector<std::pair<std::string, std::string>> StoreImpl::list(std::string_view prefix) const {
  std::lock_guard lock(state_mutex_);
  std::vector<std::pair<std::string, std::string>> out;
  for (auto at = state_.records.lower_bound(prefix);
       at != state_.records.end() && at->first.starts_with(prefix); ++at)
    out.emplace_back(*at);
  return out;
}

ReceiptStatus StoreImpl::check(QueueId id, std::string_view text) const {
  const auto receipt = receipt_of(id, text);
  if (!receipt) return ReceiptStatus::malformed;
  std::lock_guard lock(state_mutex_);
  auto* queue = state_.find(id);
  return queue == nullptr ? ReceiptStatus::done : check_locked(*queue, *receipt);
}

std::vector<Received> StoreImpl::peek(QueueId id, uint64_t after, size_t max) const {
  std::vector<Entry> entries;
  std::vector<Source> sources;
  {
    std::lock_guard lock(state_mutex_);
    auto* queue = state_.find(id);
    if (queue == nullptr) return {};
    entries = queue->pages().copy_after(after, max);
    sources = sources_locked(entries);
  }
  std::vector<uint64_t> unreadable;
  return read_received(entries, sources, unreadable);
}

void StoreImpl::when_above(QueueId id, uint64_t after, Callback<> then) {
  {
    std::lock_guard lock(state_mutex_);
    auto* queue = state_.find(id);
    if (queue == nullptr) return;
    if (queue->last_sequence() <= after) {
      queue->followers.emplace_back(after, std::move(then));
      return;
    }
  }
  then();
}

}  // namespace belfry::queue

#include "devnet/channel.h"

#include <fmt/format.h>

#include <condition_variable>
#include <thread>

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "devnet/batch.h"
#include "devnet/block_maker.h"
#include "devnet/broadcast_rules.h"
#include "devnet/commit_waiters.h"

namespace belfry::devnet {
namespace {

constexpr Duration kDefaultTimeout = std::chrono::seconds(2);
constexpr auto kRetryAfter = std::chrono::seconds(1);  // a commit that failed: the disk is full

// True with that chance.
bool happens(double chance) {
  return chance > 0 && static_cast<double>(secure_random().below(1'000'000)) < chance * 1e6;
}

class ChannelImpl final : public Channel {
 public:
  ChannelImpl(std::unique_ptr<ledger::Ledger> ledger,
              std::shared_ptr<const msp::SigningIdentity> orderer,
              std::shared_ptr<ledger::SignatureCache> signatures, const Clock& clock,
              ChannelOptions options)
      : ledger_(std::move(ledger)),
        orderer_(std::move(orderer)),
        signatures_(std::move(signatures)),
        clock_(clock),
        options_(std::move(options)),
        waiters_(*ledger_),
        thread_([this] { run(); }) {}

  ~ChannelImpl() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  const std::string& name() const override { return ledger_->channel(); }
  ledger::Ledger& ledger() override { return *ledger_; }
  const ledger::Ledger& ledger() const override { return *ledger_; }
  std::shared_ptr<const msp::ChannelConfig> access() const override {
    return options_.access ? options_.access : ledger_->config();
  }

  BroadcastAnswer broadcast(std::string_view envelope) override {
    BroadcastAnswer refusal;
    auto message = read_message(envelope, refusal);
    if (!message) return refusal;
    if (message->kind == MessageKind::refused)
      return {Status::bad_request, "message is of type that cannot be processed directly"};
    const auto config = ledger_->config();
    const bool is_update = message->kind == MessageKind::config_update;
    if (auto refused = check_rules(*message, *config, clock_.now(), *signatures_)) {
      if (is_update)
        refused->info =
            "config update for existing channel did not pass initial checks: " + refused->info;
      return *refused;
    }
    if (is_update) {
      auto made = make_config_transaction(envelope, *message, *config, *orderer_, clock_.now());
      if (!made) return {Status::bad_request, made.error().message};
    }
    if (happens(options_.faults.fail))
      return {Status::service_unavailable, "no Raft leader (the fault that was asked for)"};
    if (happens(options_.faults.drop)) return {};
    return queue({std::string(envelope), config->sequence, is_update, clock_.monotonic()});
  }

  uint64_t when_committed(std::string_view id, Callback<const CommitStatus&> then) override {
    return waiters_.add(id, std::move(then));
  }
  void forget(uint64_t waiter) override { waiters_.forget(waiter); }

  std::string failure() const override {
    std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  BroadcastAnswer queue(QueuedMessage message) {
    {
      std::lock_guard lock(mutex_);
      if (!failure_.empty()) return {Status::service_unavailable, failure_};
      if (queued_.bytes() + message.envelope.size() > options_.queued_bytes)
        return {Status::service_unavailable, "too many transactions wait to be ordered"};
      queued_.add(std::move(message));
    }
    changed_.notify_one();
    return {};
  }

  void run() {
    while (true) {
      auto batch = next_batch();
      if (batch.empty()) return;
      auto envelopes = still_good(std::move(batch));
      if (!envelopes.empty()) commit(std::move(envelopes));
    }
  }

  // Waits for it; empty: the channel stops.
  std::vector<QueuedMessage> next_batch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const auto config = ledger_->config();
      const Duration timeout = parse_duration(config->batch.timeout).value_or(kDefaultTimeout);
      auto batch = queued_.cut(config->batch, timeout, options_.cut_at_once, clock_.monotonic());
      if (!batch.empty()) return batch;
      if (auto due = queued_.due(timeout))
        changed_.wait_for(lock, std::max(*due - clock_.monotonic(), Duration(1)));
      else
        changed_.wait(lock);
    }
    return {};
  }

  // What was checked against an older configuration is checked again, as a real orderer does, and
  // dropped if it no longer holds.
  std::vector<std::string> still_good(std::vector<QueuedMessage> batch) {
    std::vector<std::string> envelopes;
    const auto config = ledger_->config();
    for (QueuedMessage& each : batch) {
      if (each.config_sequence == config->sequence && !each.is_config_update) {
        envelopes.push_back(std::move(each.envelope));
        continue;
      }
      BroadcastAnswer refusal;
      auto message = read_message(each.envelope, refusal);
      if (!message) continue;
      if (auto refused = check_rules(*message, *config, clock_.now(), *signatures_)) {
        log::warn("a transaction is dropped: the configuration changed before it was ordered",
                  {{"channel", name()}, {"why", refused->info}});
        continue;
      }
      if (!each.is_config_update) {
        envelopes.push_back(std::move(each.envelope));
        continue;
      }
      auto made =
          make_config_transaction(each.envelope, *message, *config, *orderer_, clock_.now());
      if (made)
        envelopes.push_back(std::move(*made));
      else
        log::warn("a configuration update is dropped",
                  {{"channel", name()}, {"why", made.error().message}});
    }
    return envelopes;
  }

  // Tries again until it is on disk: nothing that was taken is lost, and nothing overtakes it.
  void commit(std::vector<std::string> envelopes) {
    if (options_.faults.delay > Duration::zero()) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.faults.delay, [&] { return stopping_; });
    }
    auto block = std::make_shared<const std::string>(
        make_block(*ledger_, std::move(envelopes), *orderer_, secure_random()));
    while (true) {
      auto committed = ledger_->commit(block);
      std::unique_lock lock(mutex_);
      if (committed) {
        if (!failure_.empty()) log::info("blocks are committed again", {{"channel", name()}});
        failure_.clear();
        return;
      }
      if (failure_ != committed.error().message)
        log::error("a block cannot be committed; trying again",
                   {{"channel", name()}, {"why", committed.error().message}});
      failure_ = committed.error().message;
      changed_.wait_for(lock, kRetryAfter, [&] { return stopping_; });
      if (stopping_) return;
    }
  }

  const std::unique_ptr<ledger::Ledger> ledger_;
  const std::shared_ptr<const msp::SigningIdentity> orderer_;
  const std::shared_ptr<ledger::SignatureCache> signatures_;
  const Clock& clock_;
  const ChannelOptions options_;
  CommitWaiters waiters_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Batcher queued_;
  std::string failure_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

std::unique_ptr<Channel> Channel::start(std::unique_ptr<ledger::Ledger> ledger,
                                        std::shared_ptr<const msp::SigningIdentity> orderer,
                                        std::shared_ptr<ledger::SignatureCache> signatures,
                                        const Clock& clock, ChannelOptions options) {
  return std::make_unique<ChannelImpl>(std::move(ledger), std::move(orderer), std::move(signatures),
                                       clock, options);
}

}  // namespace belfry::devnet

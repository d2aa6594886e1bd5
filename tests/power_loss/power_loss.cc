// Cuts the power of a working store again and again, and looks at what comes back:
//
//   no acknowledged message is lost, and none that was removed returns
//   a batch is there as a whole or not at all, its named record included
//   groups of a FIFO queue keep their order, and no sequence number is given twice
//
// power_loss [--seeds COUNT] [--first SEED]: each seed is a folder that lives through several power
// cuts and kills. Prints the seed and the reason when something is wrong, and ends with 1.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/forgetful_files.h"
#include "base/log.h"
#include "base/random.h"
#include "queue/store.h"

namespace belfry::queue {
namespace {

constexpr int kLives = 6;
constexpr size_t kOutstanding = 16;
constexpr const char* kQueues[] = {"plain", "other", "line.fifo"};

struct Failure {
  std::string what;
};
void require(bool condition, const std::string& what) {
  if (!condition) throw Failure{what};
}

struct Sent {
  std::string queue, group;
  uint64_t sequence = 0;  // 0: not acknowledged
  size_t batch = 0;
};

// What was asked for and what was answered.
struct Ledger {
  struct Commit {
    std::vector<uint64_t> sends, removes;  // message numbers
    std::string place;                     // the value of the record "place" that it sets
    bool acknowledged = false, refused = false;
  };
  std::mutex mutex;
  std::vector<Commit> commits;
  std::map<uint64_t, Sent> messages;  // that may exist: not known to be removed
  std::set<uint64_t> removed;         // for certain
  std::map<std::string, std::map<uint64_t, uint64_t>> sequences;  // queue → sequence → message
  size_t outstanding = 0;
};

class Run {
 public:
  explicit Run(uint64_t seed) : random_(seeded_random(seed)), files_(seed * 31 + 7) {}

  void go() {
    for (int life = 0; life < kLives; ++life) {
      open();
      verify();
      live();
      store_.reset();
      if (random_->below(4) == 0)
        files_.kill();
      else
        files_.restore();
    }
    open();
    verify();
    drain();
  }

 private:
  void open() {
    Store::Options options;
    options.segment_bytes = 32 << 10 << random_->below(3);
    options.group_bytes = 16 << 10;
    options.cache_bytes = random_->below(2) * (64 << 10);
    options.index_bytes = 1;
    auto store = Store::open(files_, clock_, *random_, "data", options);
    require(store.has_value(), store ? "" : "does not open: " + store.error().message);
    store_ = std::move(*store);
    for (const char* name : kQueues) {
      QueueSettings settings;
      settings.fifo = std::string(name).ends_with(".fifo");
      settings.leases_end_with_process = true;
      auto queue = store_->open_queue(name, settings);
      require(queue.has_value(), "cannot make a queue with the power on");
      queues_[name] = *queue;
    }
  }

  std::string group() { return std::string(1, static_cast<char>('a' + random_->below(4))); }

  void send(Batch& batch, Ledger::Commit& commit, size_t index) {
    const std::string queue = kQueues[random_->below(3)];
    const uint64_t number = ++last_message_;
    Message message;
    message.body = std::to_string(number) + ":" +
                   std::string(random_->below(random_->below(20) == 0 ? 20'000 : 500), 'x');
    if (queue.ends_with(".fifo")) message.group = group();
    ledger_.messages[number] = {queue, message.group, 0, index};
    commit.sends.push_back(number);
    batch.send(queues_[queue], std::move(message));
  }

  static uint64_t number_of(const Received& received) {
    return std::strtoull(received.message.body.c_str(), nullptr, 10);
  }

  void commit_something() {
    std::vector<Received> got;
    std::string from;
    if (random_->below(2) == 0) {
      from = kQueues[random_->below(3)];
      got = store_->receive(queues_[from], 1 + random_->below(10));
    }
    Batch batch;
    size_t index = 0;
    {
      std::lock_guard lock(ledger_.mutex);
      index = ledger_.commits.size();
      auto& commit = ledger_.commits.emplace_back();
      for (const auto& received : got) {
        const uint64_t number = number_of(received);
        require(!ledger_.removed.contains(number),
                "a removed message was received: " + std::to_string(number));
        if (random_->below(8) == 0) continue;
        commit.removes.push_back(number);
        batch.remove(queues_[from], received.receipt);
      }
      for (uint64_t n = random_->below(got.empty() ? 8 : 4); n > 0; --n) send(batch, commit, index);
      commit.place = std::to_string(index);
      batch.put("place", commit.place);
      ++ledger_.outstanding;
    }
    store_->commit(std::move(batch), [this, index](Committed committed) {
      std::lock_guard lock(ledger_.mutex);
      auto& commit = ledger_.commits[index];
      --ledger_.outstanding;
      commit.acknowledged = committed.status == CommitStatus::durable;
      commit.refused = committed.status == CommitStatus::full;
      if (!commit.acknowledged) return;
      for (size_t i = 0; i < commit.sends.size(); ++i)
        ledger_.messages[commit.sends[i]].sequence = committed.sent[i].sequence;
    });
  }

  void live() {
    files_.cut_power_after(20 + random_->below(random_->below(3) == 0 ? 2000 : 300));
    while (!files_.power_is_cut()) {
      size_t outstanding = 0;
      {
        std::lock_guard lock(ledger_.mutex);
        outstanding = ledger_.outstanding;
      }
      if (outstanding == 0 &&
          random_->below(2) == 0) {  // else a lease could end before its removal is written
        clock_.advance(std::chrono::seconds(31));
        store_->clock_moved();
      } else if (outstanding < kOutstanding) {
        commit_something();
      } else {
        std::this_thread::yield();
      }
    }
  }

  // What is there against what was acknowledged. What was not acknowledged becomes known.
  void verify() {
    std::map<uint64_t, Received> found;
    for (const auto& [name, queue] : queues_) {
      uint64_t last = 0;
      std::map<std::string, uint64_t> last_in_group;
      for (;;) {
        const auto some = store_->peek(queue, last, 1000);
        if (some.empty()) break;
        for (const auto& received : some) {
          require(received.sequence > last, "sequences do not rise in " + name);
          last = received.sequence;
          const uint64_t number = number_of(received);
          require(found.emplace(number, received).second,
                  "message " + std::to_string(number) + " is there twice");
          const auto known = ledger_.messages.find(number);
          require(known != ledger_.messages.end(),
                  "message " + std::to_string(number) + " should not be in " + name);
          require(known->second.queue == name,
                  "message " + std::to_string(number) + " is in another queue");
          if (known->second.sequence != 0)
            require(known->second.sequence == received.sequence, "a sequence changed in " + name);
          const auto& [at, fresh] = ledger_.sequences[name].emplace(received.sequence, number);
          require(fresh || at->second == number, "a sequence was given twice in " + name);
          if (name.ends_with(".fifo")) {
            auto& before = last_in_group[received.message.group];
            require(before < number, "group " + received.message.group + " is out of order");
            before = number;
          }
        }
      }
    }
    const auto place = store_->get("place");
    std::string expected_place = known_place_;
    for (size_t index = first_unknown_; index < ledger_.commits.size(); ++index) {
      auto& commit = ledger_.commits[index];
      const std::string which = "batch " + std::to_string(index);
      // Whether it happened, by any one of its parts; all the others must agree.
      std::optional<bool> happened;
      if (commit.acknowledged) happened = true;
      if (commit.refused) happened = false;
      const auto part = [&](bool is, const std::string& what) {
        if (!happened) happened = is;
        require(*happened == is,
                which +
                    (commit.acknowledged ? ", acknowledged, has lost " : " is there in part: ") +
                    what);
      };
      for (const uint64_t number : commit.sends) {
        // It may have been removed by a later batch that happened.
        const bool later = removed_later(number, index);
        if (!later || found.contains(number))
          part(found.contains(number), "message " + std::to_string(number));
      }
      for (const uint64_t number : commit.removes)
        part(!found.contains(number), "removal of " + std::to_string(number));
      if (!happened) {  // only the record tells
        happened = place && std::strtoull(place->c_str(), nullptr, 10) >= index;
      }
      if (*happened) expected_place = commit.place;
      for (const uint64_t number : commit.removes) {
        if (!*happened) continue;
        ledger_.removed.insert(number);
        ledger_.messages.erase(number);
      }
      if (!*happened)
        for (const uint64_t number : commit.sends) ledger_.messages.erase(number);
    }
    require(place.value_or("") == expected_place,
            "the record is " + place.value_or("(none)") + ", not " + expected_place);
    known_place_ = expected_place;
    first_unknown_ = ledger_.commits.size();
    for (auto& [number, sent] : ledger_.messages)
      require(found.contains(number),
              "message " + std::to_string(number) + " of " + sent.queue + " is lost");
  }

  bool removed_later(uint64_t number, size_t index) const {
    for (size_t later = index + 1; later < ledger_.commits.size(); ++later)
      for (const uint64_t removed : ledger_.commits[later].removes)
        if (removed == number) return true;
    return false;
  }

  // Everything that is left can be received and removed, and then stays away.
  void drain() {
    for (const auto& [name, queue] : queues_) {
      for (;;) {
        const auto got = store_->receive(queue, 10);
        if (got.empty()) break;
        Batch batch;
        for (const auto& received : got) {
          require(ledger_.messages.erase(number_of(received)) == 1,
                  "an unknown message was received");
          batch.remove(queue, received.receipt);
        }
        require(store_->commit(std::move(batch)).status == CommitStatus::durable, "cannot remove");
      }
    }
    require(ledger_.messages.empty(), "a message cannot be received");
    store_.reset();
    open();
    for (const auto& [name, queue] : queues_)
      require(store_->peek(queue, 0, 1).empty(), "a removed message returned");
  }

  std::unique_ptr<Random> random_;
  ForgetfulFiles files_;
  ManualClock clock_;
  Ledger ledger_;
  std::map<std::string, QueueId> queues_;
  uint64_t last_message_ = 0;
  size_t first_unknown_ = 0;
  std::string known_place_;
  std::unique_ptr<Store> store_;
};

}  // namespace
}  // namespace belfry::queue

int main(int argc, char** argv) {
  uint64_t seeds = 50, first = 1;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    uint64_t* const value = flag == "--seeds" ? &seeds : flag == "--first" ? &first : nullptr;
    char* end = nullptr;
    if (value != nullptr && i + 1 < argc) *value = std::strtoull(argv[i + 1], &end, 10);
    if (end == nullptr || end == argv[i + 1] || *end != '\0' || seeds == 0) {
      std::fprintf(stderr, "usage: power_loss [--seeds COUNT] [--first SEED]\n");
      return 2;
    }
  }
  // Stores that find the power gone say so; here that is the point.
  belfry::log::configure(belfry::log::Level::error, belfry::log::Format::text);
  std::freopen("/dev/null", "w", stderr);
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    try {
      belfry::queue::Run(seed).go();
    } catch (const belfry::queue::Failure& failure) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), failure.what.c_str());
      return 1;
    }
  }
  std::printf("%llu seeds, nothing lost\n", static_cast<unsigned long long>(seeds));
  return 0;
}

// A long random life of a store beside a model of it that is too simple to be wrong: lists in
// memory. Time is moved by hand, the store is reopened now and then, and after every step both must
// give the same answers.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include "queue/store_harness.h"

namespace belfry::queue {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct ModelMessage {
  uint64_t sequence;
  std::string body, group;
  WallTime sent;
  WallTime due{};  // of its delay or lease
  WallTime leased{};
  bool in_flight = false;
  uint32_t receives = 0;
};

struct ModelQueue {
  QueueSettings settings;
  std::list<ModelMessage> messages;                           // by sequence
  std::map<std::string, std::pair<uint64_t, WallTime>> sent;  // deduplication ids
  uint64_t next = 1;

  void pass(WallTime now) {
    for (auto& one : messages)
      if (one.in_flight && one.due <= now) one.in_flight = false;
    messages.remove_if([&](const auto& one) { return one.sent + settings.retention <= now; });
  }
  bool receivable(const ModelMessage& one, WallTime now) const {
    return !one.in_flight && one.due <= now;
  }
  // Groups of a FIFO queue may come in any order: `groups` says in which they did.
  std::vector<ModelMessage*> receive(size_t max, WallTime now, std::vector<std::string> groups) {
    std::vector<ModelMessage*> out;
    if (!settings.fifo) {
      for (auto& one : messages)
        if (out.size() < max && receivable(one, now)) out.push_back(&one);
      return out;
    }
    for (const auto& one : messages) groups.push_back(one.group);
    std::set<std::string> done;
    for (const auto& group : groups) {
      if (!done.insert(group).second) continue;
      for (auto& one : messages) {
        if (one.group != group) continue;
        if (out.size() == max || !receivable(one, now)) break;
        out.push_back(&one);
      }
    }
    return out;
  }
};

class StoreModelTest : public StoreHarness, public testing::TestWithParam<int> {
 protected:
  struct Handle {
    std::string name, receipt;
    uint64_t sequence;
    uint32_t receives;
  };

  ModelMessage* find(ModelQueue& queue, uint64_t sequence) {
    for (auto& one : queue.messages)
      if (one.sequence == sequence) return &one;
    return nullptr;
  }

  void send_one(const std::string& name) {
    auto& queue = model_[name];
    const auto group =
        queue.settings.fifo ? std::string(1, static_cast<char>('a' + random->below(3))) : "";
    const auto deduplication =
        queue.settings.fifo && random->below(3) == 0 ? fmt::format("d{}", random->below(5)) : "";
    const auto body = fmt::format("{}", ++bodies_);
    const auto sent = send(ids_[name], body, group, deduplication);
    if (!deduplication.empty()) {
      const auto at = queue.sent.find(deduplication);
      const bool duplicate = at != queue.sent.end() && at->second.second + minutes(5) > clock.now();
      ASSERT_EQ(sent.duplicate, duplicate);
      if (duplicate) {
        ASSERT_EQ(sent.sequence, at->second.first);
        return;
      }
      queue.sent[deduplication] = {sent.sequence, clock.now()};
    }
    ASSERT_EQ(sent.sequence, queue.next++);
    queue.messages.push_back(
        {sent.sequence, body, group, clock.now(), clock.now() + queue.settings.delay});
  }

  std::string describe(const std::string& name, const std::vector<Received>& got) {
    auto out = fmt::format("{} at {}:", name, to_rfc3339(clock.now()));
    for (const auto& one : got)
      out += fmt::format(" got {} of {}", one.sequence, one.message.group);
    for (const auto& one : model_[name].messages)
      out += fmt::format("\n{} {} {} due {}", one.sequence, one.group,
                         one.in_flight ? "in flight" : "waits", to_rfc3339(one.due));
    return out;
  }

  void receive_some(const std::string& name) {
    auto& queue = model_[name];
    const size_t max = 1 + random->below(5);
    const auto visibility = seconds(random->below(60));
    const auto got = store->receive(ids_[name], max, visibility);
    std::vector<std::string> groups;
    for (const auto& one : got) groups.push_back(one.message.group);
    const auto expected = queue.receive(max, clock.now(), std::move(groups));
    ASSERT_EQ(got.size(), expected.size()) << describe(name, got);
    for (size_t i = 0; i < got.size(); ++i) {
      auto& one = *expected[i];
      one.in_flight = visibility > seconds(0);
      one.due = one.leased = clock.now();
      one.due += visibility;
      ++one.receives;
      ASSERT_EQ(got[i].sequence, one.sequence) << name;
      ASSERT_EQ(got[i].message.body, one.body);
      ASSERT_EQ(got[i].receives, one.receives);
      ASSERT_EQ(got[i].sent, one.sent);
      handles_.push_back({name, got[i].receipt, one.sequence, one.receives});
    }
  }

  void use_a_handle() {
    if (handles_.empty()) return;
    const size_t index = random->below(handles_.size());
    const auto handle = handles_[index];
    auto& queue = model_[handle.name];
    auto* one = find(queue, handle.sequence);
    const bool held = one != nullptr && one->in_flight;
    const bool current = held && one->receives == handle.receives;
    if (random->below(3) != 0) {
      const auto status = remove(ids_[handle.name], handle.receipt);
      ASSERT_EQ(status,
                queue.settings.fifo && !current ? ReceiptStatus::expired : ReceiptStatus::done);
      if (status == ReceiptStatus::done && one != nullptr)
        queue.messages.remove_if(
            [&](const auto& other) { return other.sequence == handle.sequence; });
      handles_.erase(handles_.begin() + static_cast<ptrdiff_t>(index));
    } else {
      const auto length = seconds(random->below(3) == 0 ? 0 : random->below(100));
      const auto status = change_visibility(ids_[handle.name], handle.receipt, length);
      const bool allowed = queue.settings.fifo ? current : held;
      ASSERT_EQ(status, allowed               ? ReceiptStatus::done
                        : queue.settings.fifo ? ReceiptStatus::expired
                        : one == nullptr      ? ReceiptStatus::gone
                                              : ReceiptStatus::not_held);
      if (allowed) {
        one->due = clock.now() + length;
        one->in_flight = length > seconds(0);
      }
    }
  }

  std::map<std::string, ModelQueue> model_;
  std::map<std::string, QueueId> ids_;
  std::vector<Handle> handles_;
  uint64_t bodies_ = 0;
};

TEST_P(StoreModelTest, AnswersAsTheModelDoes) {
  store.reset();
  random = seeded_random(static_cast<uint64_t>(GetParam()));
  options.segment_bytes = 16 << 10;
  options.index_bytes = 1;
  open();
  for (const std::string name : {"plain", "slow", "line.fifo", "slow.fifo"}) {
    QueueSettings settings;
    settings.fifo = name.ends_with(".fifo");
    settings.retention = minutes(20);
    if (name.starts_with("slow")) settings.delay = seconds(7);
    ids_[name] = make(name, settings);
    model_[name].settings = settings;
  }
  for (int step = 0; step < 1500; ++step) {
    auto at = model_.begin();
    std::advance(at, random->below(model_.size()));
    const uint64_t what = random->below(100);
    if (what < 35)
      send_one(at->first);
    else if (what < 55)
      receive_some(at->first);
    else if (what < 80)
      use_a_handle();
    else if (what < 95) {
      clock.advance(seconds(random->below(40)));
      store->clock_moved();
      for (auto& [name, queue] : model_) queue.pass(clock.now());
      put("barrier", "");  // what retention removed is gone after it
    } else if (what < 96) {
      reopen();
    } else if (what < 97) {
      crash();
    } else if (what < 98) {
      ASSERT_TRUE(store->purge(ids_[at->first]));
      at->second.messages.clear();
      at->second.sent.clear();
    } else {
      const auto peeked = store->peek(ids_[at->first], 0, SIZE_MAX);
      // Retention removes when its time comes up, not to the moment; what may be received is exact.
      std::vector<uint64_t> sequences;
      for (const auto& one : peeked)
        if (one.sent + at->second.settings.retention > clock.now())
          sequences.push_back(one.sequence);
      std::vector<uint64_t> expected;
      for (const auto& one : at->second.messages) expected.push_back(one.sequence);
      ASSERT_EQ(sequences, expected);
    }
    if (HasFatalFailure()) FAIL() << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StoreModelTest, testing::Range(1, 13));

}  // namespace
}  // namespace belfry::queue

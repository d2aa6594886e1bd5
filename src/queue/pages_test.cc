#include "queue/pages.h"

#include <gtest/gtest.h>

#include "base/forgetful_files.h"

namespace belfry::queue {
namespace {

class PagesTest : public testing::Test {
 protected:
  Entry entry(uint64_t sequence, EntryState state = EntryState::ready) {
    Entry out;
    out.sequence = sequence;
    out.sent = static_cast<int64_t>(sequence) * 10;
    out.state = state;
    return out;
  }
  void fill(uint64_t from, uint64_t to) {
    for (uint64_t sequence = from; sequence <= to; ++sequence) pages.add(entry(sequence));
  }

  ForgetfulFiles files{1};
  SpillFile spill{files, "spill"};
  size_t resident = 0;
  Pages pages{spill, resident};
};

TEST_F(PagesTest, FindsAddsAndErases) {
  fill(1, 3000);
  EXPECT_EQ(pages.size(), 3000u);
  EXPECT_EQ(pages.ready(), 3000u);
  ASSERT_NE(pages.find(2500), nullptr);
  EXPECT_EQ(pages.find(2500)->sequence, 2500u);
  EXPECT_EQ(pages.erase(2500)->sequence, 2500u);
  EXPECT_EQ(pages.find(2500), nullptr);
  EXPECT_FALSE(pages.erase(2500));
  EXPECT_EQ(pages.find(3001), nullptr);
  pages.add(entry(2500));  // out of order, as recovery may
  EXPECT_NE(pages.find(2500), nullptr);
  EXPECT_EQ(pages.size(), 3000u);
}

TEST_F(PagesTest, TheFirstReadyIsTheOldestReady) {
  fill(1, 2000);
  for (uint64_t sequence = 1; sequence <= 1500; ++sequence)
    pages.set_state(*pages.find(sequence), EntryState::leased);
  EXPECT_EQ(pages.first_ready()->sequence, 1501u);
  pages.set_state(*pages.find(700), EntryState::ready);
  EXPECT_EQ(pages.first_ready()->sequence, 700u);
  pages.erase(700);
  EXPECT_EQ(pages.first_ready()->sequence, 1501u);
  for (uint64_t sequence = 1501; sequence <= 2000; ++sequence) pages.erase(sequence);
  EXPECT_EQ(pages.first_ready(), nullptr);
}

TEST_F(PagesTest, TheMiddleIsPutAsideAndComesBack) {
  fill(1, 10 * kPageEntries - 1);
  EXPECT_EQ(resident, 10u);
  pages.first_ready();
  const size_t went = pages.spill_cold(SIZE_MAX);
  EXPECT_GE(went, 6u);
  EXPECT_EQ(resident, 10u - went);
  // Read without coming back.
  const auto copied = pages.copy_after(5000, 3);
  ASSERT_EQ(copied.size(), 3u);
  EXPECT_EQ(copied[2].sequence, 5003u);
  size_t in_memory = 0;
  pages.for_each_in_memory([&](Entry&) { ++in_memory; });
  EXPECT_LE(in_memory, (10 - went) * kPageEntries);
  EXPECT_EQ(resident, 10u - went);
  EXPECT_EQ(pages.find(5000)->sent, 50'000);
  EXPECT_EQ(resident, 11u - went);
  for (uint64_t sequence = 1; sequence < 10 * kPageEntries; ++sequence) {
    ASSERT_EQ(pages.first_ready()->sequence, sequence);
    pages.erase(sequence);
  }
  EXPECT_EQ(pages.size(), 0u);
  EXPECT_EQ(resident, 0u);
}

TEST_F(PagesTest, AreTakenApartPageByPage) {
  fill(1, 10 * kPageEntries - 1);
  pages.erase(5);
  pages.spill_cold(SIZE_MAX);
  auto taken = pages.take_all();
  EXPECT_EQ(pages.size(), 0u);
  EXPECT_EQ(pages.first_ready(), nullptr);
  EXPECT_EQ(pages.last_sequence(), 0u);
  EXPECT_EQ(taken->last_sequence(), 10 * kPageEntries - 1);
  fill(1, 3);  // goes on by itself
  uint64_t entries = 0;
  while (taken->count() > 0) entries += taken->take_first_page().size();
  EXPECT_EQ(entries, 10 * kPageEntries - 2);
  EXPECT_EQ(resident, 1u);
  EXPECT_EQ(pages.size(), 3u);
}

TEST_F(PagesTest, RetentionFindsTheOldInPagesOfAnyAge) {
  fill(1, 3000);
  EXPECT_EQ(pages.oldest_sent(), 10);
  EXPECT_EQ(pages.sent_until(50, 100), (std::vector<uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_TRUE(pages.sent_until(50, 100).empty());           // they are taken to be leaving
  for (uint64_t sequence = 1; sequence <= 5; ++sequence) {  // but were refused
    pages.set_state(*pages.find(sequence), EntryState::leaving);
    pages.set_state(*pages.find(sequence), EntryState::ready);
  }
  EXPECT_EQ(pages.sent_until(50, 2), (std::vector<uint64_t>{1, 2}));
  auto moved = entry(3001);
  moved.sent = 20;
  pages.add(moved);
  EXPECT_EQ(pages.sent_until(20, 100), (std::vector<uint64_t>{1, 2, 3001}));
}

}  // namespace
}  // namespace belfry::queue

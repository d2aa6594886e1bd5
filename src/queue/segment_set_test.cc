#include "queue/segment_set.h"

#include <gtest/gtest.h>

#include "base/forgetful_files.h"

namespace belfry::queue {
namespace {

constexpr uint64_t kSize = 64 << 10;
constexpr uint64_t kSalt = 5;

// One thread plays flusher and keeper: whoever wants a segment has the keeper look at once.
class SegmentSetTest : public testing::Test {
 protected:
  void start(uint64_t maximum_bytes = 0) {
    set = std::make_unique<SegmentSet>(files, "data", SegmentSet::Limits{kSize, maximum_bytes});
    ASSERT_TRUE(set->scan());
    set->free_the_rest(kSalt);
    set->on_wanted([this] {
      while (set->wants_more())
        if (!set->prepare(true)) break;
    });
  }
  ForgetfulFiles files{1};
  std::unique_ptr<SegmentSet> set;
};

TEST_F(SegmentSetTest, GenerationsRiseAndReleasedFilesAreUsedAgain) {
  start();
  auto first = set->take(1000, 0);
  auto second = set->take(1000, 0);
  ASSERT_TRUE(first && second);
  EXPECT_LT(first->header.generation, second->header.generation);
  EXPECT_EQ(first->header.salt, kSalt);
  const auto path = first->path;
  const auto generation = first->header.generation;
  EXPECT_EQ(set->find(generation), first);
  set->release(generation);
  EXPECT_EQ(set->find(generation), nullptr);
  const auto bytes = set->bytes();
  // While someone may still read from it, it is not used again.
  std::vector<SegmentPtr> later;
  for (int i = 0; i < 4; ++i) later.push_back(set->take(1000, 0));
  for (const auto& segment : later) EXPECT_NE(segment->path, path);
  EXPECT_GT(set->bytes(), bytes);
  first.reset();
  bool again = false;
  for (int i = 0; i < 6; ++i) again = again || set->take(1000, 0)->path == path;
  EXPECT_TRUE(again);
}

TEST_F(SegmentSetTest, KeepsAReserveThatGrowingBatchesDoNotGet) {
  start(4 * kSize);
  int growing = 0;
  while (set->take(1000, 1)) ++growing;
  EXPECT_EQ(growing, 3);
  EXPECT_LE(set->bytes(), 4 * kSize);
  EXPECT_TRUE(set->take(1000, 0));
  EXPECT_FALSE(set->take(1000, 0));
  EXPECT_FALSE(set->have_prepared());
  set->release(set->used().front()->header.generation);
  EXPECT_TRUE(set->have_prepared());
}

TEST_F(SegmentSetTest, MakesALargerOneForALargeBatch) {
  start();
  ASSERT_TRUE(set->take(1000, 0));
  auto large = set->take(10 * kSize, 0);
  ASSERT_TRUE(large);
  EXPECT_GE(large->header.size, 10 * kSize);
  EXPECT_EQ(set->take(1000, 0)->header.size, kSize);
}

TEST_F(SegmentSetTest, AFullDiskIsToldAndLeavesNoFile) {
  start();
  ASSERT_TRUE(set->take(1000, 0));
  files.set_capacity(files.used() + kSize / 2);
  while (set->take(1000, 0)) {
  }
  const auto names = files.list("data").value().size();
  EXPECT_EQ(names * kSize, set->bytes());
  files.set_capacity(UINT64_MAX);
  EXPECT_TRUE(set->take(1000, 0));
}

TEST_F(SegmentSetTest, FindsItsFilesAgain) {
  start();
  const auto generation = set->take(1000, 0)->header.generation;
  const auto bytes = set->bytes();
  set = std::make_unique<SegmentSet>(files, "data", SegmentSet::Limits{kSize, 0});
  ASSERT_TRUE(set->scan());
  EXPECT_TRUE(set->any_files());
  EXPECT_EQ(set->bytes(), bytes);
  ASSERT_TRUE(set->found().contains(generation));
  EXPECT_GT(set->next_generation(), set->found().rbegin()->first);
}

}  // namespace
}  // namespace belfry::queue

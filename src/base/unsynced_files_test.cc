#include "base/unsynced_files.h"

#include <gtest/gtest.h>

#include "base/forgetful_files.h"

namespace belfry {
namespace {

TEST(UnsyncedFiles, WritesThroughAndPreparesNoSpace) {
  ForgetfulFiles below{7};
  const auto files = unsynced(below);
  auto file = files->open("data/a", OpenMode::create_or_open).value();
  ASSERT_TRUE(file->write(0, "bell"));
  ASSERT_TRUE(file->preallocate(2));
  EXPECT_EQ(file->size().value(), 4u);
  ASSERT_TRUE(file->preallocate(6));
  EXPECT_EQ(read_whole(*files, "data/a").value(), std::string("bell\0\0", 6));
}

TEST(UnsyncedFiles, ASyncIsNone) {
  int kept = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ForgetfulFiles below{seed};
    const auto files = unsynced(below);
    ASSERT_TRUE(replace_whole(*files, "data/a", "bell"));
    below.cut_power();
    below.restore();
    kept += below.exists("data/a");
  }
  EXPECT_LT(kept, 50);  // a file that was synced is always there
}

}  // namespace
}  // namespace belfry

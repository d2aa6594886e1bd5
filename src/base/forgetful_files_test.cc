#include "base/forgetful_files.h"

#include <gtest/gtest.h>

namespace belfry {
namespace {

class ForgetfulFilesTest : public testing::Test {
 protected:
  std::unique_ptr<File> open(const std::string& path) {
    return files.open(path, OpenMode::create_or_open).value();
  }
  void lose_power() {
    files.cut_power();
    files.restore();
  }
  ForgetfulFiles files{7};
};

TEST_F(ForgetfulFilesTest, KeepsWhatWasSyncedAndTheNameThatWasSynced) {
  auto file = open("data/a");
  ASSERT_TRUE(file->write(0, "kept"));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(files.sync_directory("data"));
  lose_power();
  EXPECT_EQ(files.contents("data/a"), "kept");
}

TEST_F(ForgetfulFilesTest, MayForgetWhatWasNotSynced) {
  int forgot = 0, kept = 0;
  for (int i = 0; i < 100; ++i) {
    const auto path = "data/" + std::to_string(i);
    auto file = open(path);
    ASSERT_TRUE(file->write(0, "old"));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(files.sync_directory("data"));
    ASSERT_TRUE(file->write(0, "new"));
    lose_power();
    forgot += files.contents(path) == "old";
    kept += files.contents(path) == "new";
  }
  EXPECT_GT(forgot, 10);
  EXPECT_GT(kept, 10);
}

TEST_F(ForgetfulFilesTest, MayForgetNamesThatWereNotSynced) {
  int forgot = 0;
  for (int i = 0; i < 100; ++i) {
    const auto path = "data/" + std::to_string(i);
    ASSERT_TRUE(open(path)->sync());
    lose_power();
    forgot += !files.exists(path);
  }
  EXPECT_GT(forgot, 10);
  EXPECT_LT(forgot, 90);
}

TEST_F(ForgetfulFilesTest, AKillForgetsNothingButTheHandles) {
  auto file = open("data/a");
  ASSERT_TRUE(file->write(0, "written"));
  files.kill();
  EXPECT_FALSE(file->write(0, "no more"));
  EXPECT_EQ(files.contents("data/a"), "written");
}

TEST_F(ForgetfulFilesTest, CutsThePowerInTheMidstOfAnOperation) {
  auto file = open("data/a");
  files.cut_power_after(1);
  EXPECT_TRUE(file->write(0, "first"));
  EXPECT_FALSE(file->write(0, "second"));
  EXPECT_TRUE(files.power_is_cut());
  EXPECT_FALSE(file->sync());
}

TEST_F(ForgetfulFilesTest, RunsFull) {
  auto file = open("data/a");
  files.set_capacity(10);
  EXPECT_TRUE(file->write(0, "0123456789"));
  EXPECT_FALSE(file->write(5, "012345"));
  EXPECT_TRUE(file->write(5, "01234"));  // no growth
  EXPECT_EQ(files.used(), 10u);
}

TEST_F(ForgetfulFilesTest, FailsASync) {
  auto file = open("data/a");
  files.fail_sync_after(1);
  EXPECT_TRUE(file->sync());
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
}

}  // namespace
}  // namespace belfry

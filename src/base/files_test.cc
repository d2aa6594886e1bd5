#include "base/files.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

namespace belfry {
namespace {

class Files : public testing::Test {
 protected:
  Files() { std::filesystem::create_directories(folder_); }
  ~Files() override { std::filesystem::remove_all(folder_); }
  const std::string folder_ = testing::TempDir() + "belfry-files-" + std::to_string(::getpid());
};

TEST_F(Files, WritesReadsAndReplaces) {
  auto file = posix_files().open(folder_ + "/a", OpenMode::create_new);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE((*file)->write(3, "xyz"));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ((*file)->size(), 6u);
  EXPECT_FALSE(posix_files().open(folder_ + "/a", OpenMode::create_new));
  ASSERT_TRUE(replace_whole(posix_files(), folder_ + "/a", "new"));
  EXPECT_EQ(read_whole(posix_files(), folder_ + "/a"), "new");
  EXPECT_EQ(posix_files().list(folder_), std::vector<std::string>{"a"});
}

TEST_F(Files, PreallocatesWithZeroes) {
  auto file = posix_files().open(folder_ + "/b", OpenMode::create_or_open);
  ASSERT_TRUE((*file)->preallocate(5000));
  EXPECT_EQ((*file)->size(), 5000u);
}

TEST_F(Files, WhatIsWrittenPastTheCacheIsReadAsAnythingElse) {
  auto file = posix_files().open(folder_ + "/c", OpenMode::create_or_open);
  ASSERT_TRUE(file);
  (*file)->write_past_cache();
  ASSERT_TRUE((*file)->preallocate(64 << 10));
  const std::string sectors = std::string(512, 'a') + std::string(512, 'b');
  ASSERT_TRUE((*file)->write(1024, sectors));
  ASSERT_TRUE((*file)->write(1500, "not a whole sector"));
  ASSERT_TRUE((*file)->sync());
  std::string read(1024, '\0');
  ASSERT_EQ((*file)->read(1024, read.data(), read.size()).value_or(0), read.size());
  EXPECT_EQ(read, sectors.substr(0, 476) + "not a whole sector" + sectors.substr(494));
}

TEST_F(Files, AnErrorNamesTheFile) {
  const auto missing = read_whole(posix_files(), folder_ + "/none");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(folder_ + "/none: No such file"), std::string::npos);
}

TEST_F(Files, AFolderIsHeldOnce) {
  auto first = FolderLock::take(folder_);
  ASSERT_TRUE(first);
  EXPECT_FALSE(FolderLock::take(folder_));
}

}  // namespace
}  // namespace belfry

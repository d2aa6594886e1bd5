#include "functions/code_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"

namespace belfry::functions {
namespace {

namespace fs = std::filesystem;

class CodeArchiveTest : public testing::Test {
 protected:
  CodeArchiveTest() {
    std::string pattern = testing::TempDir() + "codeXXXXXX";
    folder = ::mkdtemp(pattern.data());
  }
  ~CodeArchiveTest() override { fs::remove_all(folder); }
  UnpackError::Kind refused(std::string_view zip) {
    const auto done = unpack_code(zip, folder / "out");
    EXPECT_FALSE(done);
    EXPECT_FALSE(fs::exists(folder / "out"));
    return done ? UnpackError::Kind::disk : done.error().kind;
  }
  fs::path folder;
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// An entry stored without compression, as any zip tool writes it; the name is ours.
std::string zip_with(std::string name, std::string bytes, uint32_t mode = 0100644) {
  const auto two = [](uint32_t n) { return std::string{char(n), char(n >> 8)}; };
  const auto four = [&](uint32_t n) { return two(n) + two(n >> 16); };
  uint32_t crc = ~0U;
  for (const unsigned char c : bytes) {
    crc ^= c;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & -(crc & 1));
  }
  crc = ~crc;
  const std::string common = two(20) + two(0) + two(0) + two(0) + two(0x21) + four(crc) +
                             four(bytes.size()) + four(bytes.size()) + two(name.size()) + two(0);
  const std::string local = "PK\x03\x04" + common + name + bytes;
  const std::string central = std::string("PK\x01\x02") + two(3 << 8 | 20) + common + two(0) +
                              two(0) + two(0) + four(mode << 16) + four(0) + name;
  return local + central + "PK\x05\x06" + two(0) + two(0) + two(1) + two(1) + four(central.size()) +
         four(local.size()) + two(0);
}

TEST_F(CodeArchiveTest, WhatIsPackedIsUnpacked) {
  fs::create_directories(folder / "in/lib");
  std::ofstream(folder / "in/bootstrap") << "#!/bin/sh\n";
  ::chmod((folder / "in/bootstrap").c_str(), 0755);
  std::ofstream(folder / "in/lib/deep.js") << std::string(100'000, 'x');
  const auto zip = pack_code(folder / "in");
  ASSERT_TRUE(zip) << zip.error().message;
  EXPECT_LT(zip->size(), 10'000u);
  EXPECT_EQ(*zip, *pack_code(folder / "in"));
  const auto done = unpack_code(*zip, folder / "out");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(text_of(folder / "out/bootstrap"), "#!/bin/sh\n");
  EXPECT_EQ(text_of(folder / "out/lib/deep.js").size(), 100'000u);
  EXPECT_EQ(::access((folder / "out/bootstrap").c_str(), X_OK), 0);
}

TEST_F(CodeArchiveTest, TheHandMadeZipIsOne) {
  ASSERT_TRUE(unpack_code(zip_with("a.js", "hello"), folder / "out"));
  EXPECT_EQ(text_of(folder / "out/a.js"), "hello");
}

TEST_F(CodeArchiveTest, NothingLandsOutside) {
  EXPECT_EQ(refused(zip_with("../a.js", "hello")), UnpackError::Kind::unsafe);
  EXPECT_EQ(refused(zip_with("b/../../a.js", "hello")), UnpackError::Kind::unsafe);
  EXPECT_EQ(refused(zip_with("/tmp/a.js", "hello")), UnpackError::Kind::unsafe);
  EXPECT_EQ(refused(zip_with("link", "/etc", 0120777)), UnpackError::Kind::unsafe);
  EXPECT_EQ(refused(zip_with("link", "../..", 0120777)), UnpackError::Kind::unsafe);
  EXPECT_FALSE(fs::exists(folder / "a.js"));
}

TEST_F(CodeArchiveTest, WhatIsNoZipIsRefused) {
  EXPECT_EQ(refused("not a zip"), UnpackError::Kind::not_a_zip);
  EXPECT_EQ(refused(""), UnpackError::Kind::not_a_zip);
  const std::string zip = zip_with("a.js", std::string(1000, 'x'));
  EXPECT_FALSE(unpack_code(zip.substr(0, 200), folder / "out"));
}

}  // namespace
}  // namespace belfry::functions

#include "base/sealed.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"

namespace belfry {
namespace {

class SealedTest : public testing::Test {
 protected:
  std::unique_ptr<Random> random_ = seeded_random(7);
  MasterKey key_ = MasterKey::make(*random_);
};

TEST_F(SealedTest, OpensWhatItSealed) {
  for (const std::string& value : {std::string(), std::string("pw"), std::string(65536, '\0')}) {
    const std::string sealed = key_.seal(value, "a", *random_);
    EXPECT_EQ(sealed.size(), value.size() + MasterKey::kOverhead);
    EXPECT_EQ(key_.open(sealed, "a").value(), value);
  }
  const std::string sealed = key_.seal("hunter2 and more", "a", *random_);
  EXPECT_EQ(sealed.find("hunter2"), std::string::npos);
  EXPECT_NE(sealed, key_.seal("hunter2 and more", "a", *random_));
}

TEST_F(SealedTest, NoticesEveryFlippedBitAndEveryCut) {
  const std::string sealed = key_.seal("value", "a", *random_);
  for (size_t at = 0; at < sealed.size() * 8; ++at) {
    std::string broken = sealed;
    broken[at / 8] = static_cast<char>(broken[at / 8] ^ (1 << (at % 8)));
    EXPECT_FALSE(key_.open(broken, "a")) << at;
  }
  for (size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(key_.open(sealed.substr(0, size), "a")) << size;
  EXPECT_FALSE(key_.open(sealed + "x", "a"));
}

TEST_F(SealedTest, NoticesAValueFromElsewhere) {
  const std::string sealed = key_.seal("value", "a", *random_);
  EXPECT_EQ(key_.open(sealed, "b").error().message,
            "the sealed value is damaged, or belongs elsewhere");
}

TEST_F(SealedTest, SaysThatTheKeyIsAnother) {
  const MasterKey other = MasterKey::make(*random_);
  const auto opened = other.open(key_.seal("value", "a", *random_), "a");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "it is sealed under the master key " + key_.id() +
                                        ", and the one at hand is " + other.id() +
                                        ": give belfry the key that it was written with");
}

TEST_F(SealedTest, RefusesANewerVersion) {
  std::string sealed = key_.seal("value", "a", *random_);
  sealed[0] = 2;
  EXPECT_NE(key_.open(sealed, "a").error().message.find("newer belfry"), std::string::npos);
}

TEST_F(SealedTest, ReadsKeysInEachForm) {
  const std::string raw = *unbase64(key_.text());
  for (const std::string& text : {raw, key_.text() + "\n", hex(raw), hex(raw) + "\r\n"})
    EXPECT_EQ(MasterKey::parse(text)->id(), key_.id());
  for (const std::string text : {"", "short", "AAAA"}) EXPECT_FALSE(MasterKey::parse(text));
}

// Written by Python's cryptography as docs/formats/secrets.md says.
TEST_F(SealedTest, OpensWhatAnotherImplementationSealed) {
  const auto key = MasterKey::parse("0123456789abcdef0123456789abcdef");
  const std::string sealed = *unhex(
      "0146d8d7b695a914440b37f54d9fc091e7b6ce6ac60801bc7b0c687bec5fb2b46288f9cf2fde62a9"
      "e67684092072cf65150e72599a8b4b69aaf64dbdd5c8e0ab4ddfeff0b66e2e906cbaa30d29b78655"
      "205f9ecbd03b5c4a30fd968f7ea6d0a1382f754d574eb2");
  EXPECT_EQ(key->open(sealed, "corpus").value(), "svalue");
}

TEST_F(SealedTest, KeepsItsFileToItself) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("belfry-sealed-" + secure_random().uuid());
  std::filesystem::create_directories(folder);
  const std::string path = folder / "master-key";
  bool made = false;
  const auto first = MasterKey::read_or_make(path, *random_, made);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(made);
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto second = MasterKey::read_or_make(path, *random_, made);
  EXPECT_FALSE(made);
  EXPECT_EQ(second->id(), first->id());
  chmod(path.c_str(), 0666);
  EXPECT_NE(MasterKey::read(path).error().message.find("chmod 600"), std::string::npos);
  std::ofstream(path) << "no key\n";
  chmod(path.c_str(), 0600);
  EXPECT_NE(MasterKey::read_or_make(path, *random_, made).error().message.find("32 bytes"),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace belfry

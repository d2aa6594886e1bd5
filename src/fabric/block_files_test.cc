#include "fabric/block_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "support/ledger.h"

namespace belfry::fabric {
namespace {

using pipeline::StreamEnd;

class BlockFiles : public testing::Test {
 protected:
  BlockFiles() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~BlockFiles() override { std::filesystem::remove_all(folder_); }

  std::string path(int number) const {
    return folder_ + "/blockfile_00000" + std::to_string(number);
  }
  // Appends as a peer does.
  void append(int number, std::string_view bytes) const {
    std::ofstream(path(number), std::ios::app | std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void append_blocks(int number, size_t from, size_t to) const {
    for (size_t block = from; block < to; ++block)
      append(number, tests::to_block_file_record(ledger_.parts(block)));
  }
  std::unique_ptr<pipeline::BlockSource> source(bool follow = false) const {
    return block_files(posix_files(), {.path = folder_, .follow = follow, .max_block = 8 << 20});
  }
  std::unique_ptr<pipeline::BlockStream> open(pipeline::BlockSource& source, uint64_t block) {
    auto opened = source.open(block, {});
    if (auto* end = std::get_if<StreamEnd>(&opened)) ADD_FAILURE() << end->reason;
    return std::get<0>(std::move(opened));
  }
  // Reads blocks in order and gives what ended the stream.
  StreamEnd read_to_end(pipeline::BlockStream& stream, uint64_t from, uint64_t to) {
    for (uint64_t block = from;; ++block) {
      auto next = stream.next({});
      if (auto* end = std::get_if<StreamEnd>(&next)) {
        EXPECT_EQ(block, to);
        return *end;
      }
      const auto& got = std::get<decode::Block>(next);
      EXPECT_EQ(got.number, block);
      EXPECT_EQ(*got.buffer == ledger_.record(block), true);
    }
  }
  static uint64_t number_of(pipeline::Next next) {
    if (auto* end = std::get_if<StreamEnd>(&next))
      ADD_FAILURE() << end->code << ": " << end->reason;
    return std::get<decode::Block>(next).number;
  }
  static StreamEnd end_of(pipeline::Next next) {
    EXPECT_TRUE(std::holds_alternative<StreamEnd>(next));
    return std::get<StreamEnd>(next);
  }

  const std::string folder_ = testing::TempDir() + "belfry-blocks-" + std::to_string(::getpid());
  const tests::Ledger& ledger_ = tests::ngo_ledger();
};

TEST_F(BlockFiles, AreReadFromTheFirstBlockToTheLast) {
  append_blocks(0, 0, 50);
  append_blocks(1, 50, 51);
  append_blocks(2, 51, 227);
  const auto blocks = source();
  const auto info = std::get<pipeline::ChannelInfo>(blocks->info({}));
  EXPECT_EQ(info.height, 227u);
  const auto genesis = *decode::parse_block_file_record(nullptr, ledger_.record(0));
  EXPECT_EQ(info.genesis_hash, view(decode::header_hash(genesis)));
  const auto end = read_to_end(*open(*blocks, 0), 0, 227);
  EXPECT_EQ(end.next, StreamEnd::Next::finished);
  EXPECT_EQ(end.code, "end-of-files");
}

TEST_F(BlockFiles, AnyFileNameWillDo) {
  const std::string file = folder_ + "/mychannel.blockfile";
  std::ofstream(file, std::ios::binary) << ledger_.block_file();
  const auto blocks = block_files(posix_files(), {.path = file});
  EXPECT_EQ(blocks->describe(), file);
  EXPECT_EQ(read_to_end(*open(*blocks, 200), 200, 227).next, StreamEnd::Next::finished);
}

TEST_F(BlockFiles, OpenAtEveryBlock) {
  append_blocks(0, 0, 100);
  append_blocks(1, 100, 150);
  append_blocks(2, 150, 227);
  for (uint64_t block = 0; block < 227; ++block) {
    const auto blocks = source();  // each with an index of its own
    EXPECT_EQ(number_of(open(*blocks, block)->next({})), block);
  }
  const auto blocks = source();
  for (uint64_t block = 227; block-- > 0;)
    EXPECT_EQ(number_of(open(*blocks, block)->next({})), block);
  EXPECT_EQ(end_of(open(*blocks, 227)->next({})).next, StreamEnd::Next::finished);
  const auto beyond = blocks->open(228, {});
  EXPECT_EQ(std::get<StreamEnd>(beyond).code, "behind");
  EXPECT_EQ(std::get<StreamEnd>(beyond).next, StreamEnd::Next::stop);
}

TEST_F(BlockFiles, GrowUnderTheReader) {
  append_blocks(0, 0, 3);
  const auto blocks = source(true);
  const auto stream = open(*blocks, 2);
  EXPECT_EQ(number_of(stream->next({})), 2u);
  // A record comes in pieces, then the next file begins: each step is made while the reader waits
  // or before, at random.
  std::jthread writer([&] {
    const auto record = tests::to_block_file_record(ledger_.parts(3));
    append(0, record.substr(0, 1));
    append(0, record.substr(1, 1000));
    append(0, record.substr(1001));
    append_blocks(0, 4, 6);
    append(1, "");
    append_blocks(1, 6, 40);
  });
  for (uint64_t block = 3; block < 40; ++block) ASSERT_EQ(number_of(stream->next({})), block);
}

TEST_F(BlockFiles, WaitEndsWithAStop) {
  append_blocks(0, 0, 1);
  const auto blocks = source(true);
  const auto stream = open(*blocks, 1);
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  const auto end = end_of(stream->next(stop.get_token()));
  EXPECT_EQ(end.next, StreamEnd::Next::reconnect);
  EXPECT_EQ(end.code, "stopped");
}

TEST_F(BlockFiles, APartialRecordAtTheEndIsNoDamage) {
  append_blocks(0, 0, 2);
  const auto record = tests::to_block_file_record(ledger_.parts(2));
  for (const size_t size : {size_t{1}, size_t{2}, size_t{500}, record.size() - 1}) {
    std::filesystem::remove(path(0));
    append_blocks(0, 0, 2);
    append(0, record.substr(0, size));
    const auto blocks = source();
    EXPECT_EQ(std::get<pipeline::ChannelInfo>(blocks->info({})).height, 2u);
    const auto end = read_to_end(*open(*blocks, 0), 0, 2);
    EXPECT_EQ(end.next, StreamEnd::Next::finished);
    EXPECT_EQ(end.code, "partial-record");
    EXPECT_NE(end.reason.find(std::to_string(size) + " bytes"), std::string::npos) << end.reason;
  }
}

TEST_F(BlockFiles, DamageIsNamedByFileAndOffset) {
  append_blocks(0, 0, 2);
  const auto second = tests::to_block_file_record(ledger_.parts(0)).size();
  const auto damaged_by = [&](auto change) {
    std::filesystem::remove(path(0));
    append_blocks(0, 0, 4);
    change();
    const auto blocks = source();
    auto opened = blocks->open(0, {});
    StreamEnd end;
    if (auto* refused = std::get_if<StreamEnd>(&opened)) {
      end = *refused;
    } else {
      for (;;) {
        auto next = std::get<0>(opened)->next({});
        if (auto* stopped = std::get_if<StreamEnd>(&next)) {
          end = *stopped;
          break;
        }
      }
    }
    EXPECT_EQ(end.next, StreamEnd::Next::stop);
    EXPECT_EQ(end.code, "damaged") << end.reason;
    EXPECT_NE(end.reason.find(path(0)), std::string::npos) << end.reason;
    return end.reason;
  };
  const auto overwrite = [&](uint64_t offset, std::string_view bytes) {
    std::fstream file(path(0), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  };
  const auto at_second = "offset " + std::to_string(second);
  EXPECT_NE(damaged_by([&] { overwrite(second, std::string(12, '\xFF')); }).find(at_second),
            std::string::npos);
  EXPECT_NE(damaged_by([&] { overwrite(second, std::string(1, '\0')); }).find(at_second),
            std::string::npos);
  EXPECT_NE(damaged_by([&] { overwrite(second, "\xFF\xFF\xFF\x7F"); }).find(at_second),
            std::string::npos);
  EXPECT_NE(damaged_by([&] {
              overwrite(second + 2, "\x07");
            }).find("block 7 stands where block 1 is next"),
            std::string::npos);
  // Behind the number: the length of the data hash.
  EXPECT_NE(damaged_by([&] {
              overwrite(second + 3, "\xFF\xFF\xFF\x7F");
            }).find("the data hash breaks off"),
            std::string::npos);
}

TEST_F(BlockFiles, AShrunkFileStopsTheStream) {
  append_blocks(0, 0, 5);
  const auto blocks = source(true);
  const auto stream = open(*blocks, 5);
  std::filesystem::resize_file(path(0), std::filesystem::file_size(path(0)) - 1);
  const auto end = end_of(stream->next({}));
  EXPECT_EQ(end.next, StreamEnd::Next::stop);
  EXPECT_EQ(end.code, "shrunk") << end.reason;
  EXPECT_EQ(std::get<StreamEnd>(blocks->info({})).code, "shrunk");
}

TEST_F(BlockFiles, AnotherGenesisStopsTheStream) {
  append_blocks(0, 0, 5);
  const auto blocks = source(true);
  const auto stream = open(*blocks, 5);
  std::filesystem::remove(path(0));
  const auto& other = tests::two_orgs_ledger();
  for (size_t block = 0; block < other.height(); ++block)
    append(0, tests::to_block_file_record(other.parts(block)));
  const auto end = end_of(stream->next({}));
  EXPECT_EQ(end.next, StreamEnd::Next::stop);
  EXPECT_EQ(end.code, "other-ledger") << end.reason;
}

TEST_F(BlockFiles, MissingOrForeignFilesAreRefused) {
  EXPECT_EQ(std::get<StreamEnd>(source()->info({})).code, "no-block-files");
  append(0, "");
  EXPECT_EQ(std::get<StreamEnd>(source()->info({})).code, "no-blocks");
  EXPECT_EQ(std::get<StreamEnd>(source(true)->info({})).next, StreamEnd::Next::reconnect);
  append_blocks(0, 0, 3);
  append_blocks(1, 4, 6);
  const auto blocks = source();
  const auto end = read_to_end(*open(*blocks, 0), 0, 3);
  EXPECT_EQ(end.code, "missing-blocks") << end.reason;
  std::filesystem::remove(path(0));
  EXPECT_EQ(std::get<StreamEnd>(source()->info({})).code, "no-genesis");
  const auto missing = block_files(posix_files(), {.path = folder_ + "/none"})->info({});
  EXPECT_NE(std::get<StreamEnd>(missing).reason.find("/none: No such file"), std::string::npos);
}

}  // namespace
}  // namespace belfry::fabric

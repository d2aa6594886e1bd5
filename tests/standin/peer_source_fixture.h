// What the tests of PeerSource share: a network with a stand-in peer, and its answers taken apart.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/block.h"
#include "fabric/peer_source.h"
#include "standin/network.h"

namespace belfry::tests {

using fabric::PeerSource;
using fabric::PeerSourceOptions;
using fabric::StreamKind;
using pipeline::BlockStream;
using pipeline::ChannelInfo;
using pipeline::StreamEnd;
using ::testing::HasSubstr;
using Stop = StreamEnd::Next;

inline std::shared_ptr<Chain> small_chain() {
  return std::make_shared<Chain>(two_orgs_ledger());
}

class PeerSourceTest : public ::testing::Test {
 protected:
  ChannelInfo info(PeerSource& source) {
    auto out = source.info({});
    if (auto* end = std::get_if<StreamEnd>(&out)) {
      ADD_FAILURE() << end->code << ": " << end->reason;
      return {};
    }
    return std::get<ChannelInfo>(out);
  }
  StreamEnd failing_info(PeerSource& source) { return ended(source.info({})); }
  StreamEnd failing_open(PeerSource& source, uint64_t block) {
    return ended(source.open(block, {}));
  }
  std::unique_ptr<BlockStream> open(PeerSource& source, uint64_t block) {
    auto out = source.open(block, {});
    if (auto* end = std::get_if<StreamEnd>(&out)) {
      ADD_FAILURE() << end->code << ": " << end->reason;
      return nullptr;
    }
    return std::move(std::get<std::unique_ptr<BlockStream>>(out));
  }
  decode::Block next(BlockStream& stream) {
    auto out = stream.next({});
    if (auto* end = std::get_if<StreamEnd>(&out)) {
      ADD_FAILURE() << end->code << ": " << end->reason;
      return {};
    }
    return std::get<decode::Block>(std::move(out));
  }
  StreamEnd failing_next(BlockStream& stream) { return ended(stream.next({})); }
  // Reads blocks [from, to) as the follower does, opening again whenever a stream ends. Returns how
  // often it opened.
  int follow(PeerSource& source, const Chain& chain, uint64_t from, uint64_t to) {
    int opened = 0;
    while (from < to) {
      auto begun = source.open(from, {});
      ++opened;
      if (std::holds_alternative<StreamEnd>(begun)) {
        std::this_thread::yield();
        continue;
      }
      auto& stream = *std::get<std::unique_ptr<BlockStream>>(begun);
      while (from < to) {
        auto got = stream.next({});
        if (std::holds_alternative<StreamEnd>(got)) break;
        const auto& block = std::get<decode::Block>(got);
        EXPECT_EQ(block.number, from);
        EXPECT_EQ(same(block, *chain.at(from)), true) << "block " << from;
        ++from;
      }
    }
    EXPECT_EQ(from, to);
    return opened;
  }
  static bool same(const decode::Block& block, const std::string& bytes) {
    auto buffer = std::make_shared<const std::string>(bytes);
    auto wanted = decode::parse_block(buffer, *buffer);
    return wanted && wanted->number == block.number &&
           wanted->previous_hash == block.previous_hash && wanted->data_hash == block.data_hash &&
           wanted->transactions == block.transactions && wanted->metadata == block.metadata;
  }
  template <class T>
  static StreamEnd ended(T&& out) {
    if (auto* end = std::get_if<StreamEnd>(&out)) return *end;
    ADD_FAILURE() << "it succeeded";
    return {};
  }

  Network network;
};

}  // namespace belfry::tests

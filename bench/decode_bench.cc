// Blocks to events: belfry's walk over the wire format beside a protobuf parse with reused messages
// that reads the same fields, over the recorded ledger of 64 MB. Both sides add up what they read,
// and must agree.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/common.pb.h"
#include "decode/events.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb.h"
#include "ledger/rwset/rwset.pb.h"
#include "msp/identities.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"
#include "support/ledger.h"

namespace {

using namespace belfry;

constexpr int kRounds = 15;

// What was read, added up: sizes, so that nothing is touched that reading would not touch.
struct Sum {
  uint64_t events = 0, bytes = 0, codes = 0, times = 0;
  bool operator==(const Sum&) const = default;
};

void walk_block(const std::string& bytes, unsigned kinds, Sum& sum) {
  const auto block = decode::parse_block(nullptr, bytes);
  if (!block) std::abort();
  decode::WalkOptions options;
  options.kinds = kinds;
  decode::walk(*block, options, 0, [&](const event::Event& event) {
    ++sum.events;
    sum.bytes += event.transaction_id.size() + event.creator.msp.size() + event.chaincode.size() +
                 event.event_name.size() + event.payload.size() + event.key.size() +
                 event.function.size();
    sum.codes += event.validation_code;
    sum.times += static_cast<uint64_t>(event.time.time_since_epoch().count());
    return true;
  });
}

// The other side. Messages are members so that their memory is used again from block to block.
class ProtobufReader {
 public:
  void read(const std::string& bytes, unsigned kinds, Sum& sum) {
    parse(block_, bytes);
    const auto& codes = block_.metadata().metadata(common::TRANSACTIONS_FILTER);
    for (int i = 0; i < block_.data().data_size(); ++i) {
      parse(envelope_, block_.data().data(i));
      parse(payload_, envelope_.payload());
      parse(channel_, payload_.header().channel_header());
      parse(signature_, payload_.header().signature_header());
      parse(identity_, signature_.creator());
      const auto code = static_cast<uint8_t>(codes[static_cast<size_t>(i)]);
      const bool endorser = channel_.type() == common::ENDORSER_TRANSACTION;
      const bool wants_transaction = (kinds & decode::bit(event::Kind::transaction)) != 0;
      if (!endorser && wants_transaction) add(sum, code, 0);
      if (!endorser) continue;
      parse(transaction_, payload_.data());
      parse(action_payload_, transaction_.actions(0).payload());
      parse(response_, action_payload_.action().proposal_response_payload());
      parse(action_, response_.extension());
      if (wants_transaction)
        add(sum, code, action_.chaincode_id().name().size() + function().size());
      if (!action_.events().empty()) {
        parse(event_, action_.events());
        add(sum, code,
            event_.chaincode_id().size() + event_.event_name().size() + event_.payload().size());
      }
      if ((kinds & decode::bit(event::Kind::write)) != 0) add_writes(sum, code);
    }
  }

 private:
  template <class Message>
  static void parse(Message& message, const std::string& bytes) {
    if (!message.ParseFromString(bytes)) std::abort();
  }

  const std::string& function() {
    parse(proposal_, action_payload_.chaincode_proposal_payload());
    parse(invocation_, proposal_.input());
    return invocation_.chaincode_spec().input().args(0);
  }

  void add(Sum& sum, uint8_t code, size_t own) {
    ++sum.events;
    sum.bytes += channel_.tx_id().size() + identity_.mspid().size() + own;
    sum.codes += code;
    sum.times += static_cast<uint64_t>(channel_.timestamp().seconds()) * 1'000'000'000 +
                 static_cast<uint64_t>(channel_.timestamp().nanos());
  }

  void add_writes(Sum& sum, uint8_t code) {
    parse(results_, action_.results());
    for (const auto& name_space : results_.ns_rwset()) {
      parse(set_, name_space.rwset());
      for (const auto& write : set_.writes()) {
        add(sum, code, name_space.namespace_().size() + write.key().size() + write.value().size());
      }
    }
  }

  common::Block block_;
  common::Envelope envelope_;
  common::Payload payload_;
  common::ChannelHeader channel_;
  common::SignatureHeader signature_;
  msp::SerializedIdentity identity_;
  protos::Transaction transaction_;
  protos::ChaincodeActionPayload action_payload_;
  protos::ProposalResponsePayload response_;
  protos::ChaincodeAction action_;
  protos::ChaincodeEvent event_;
  protos::ChaincodeProposalPayload proposal_;
  protos::ChaincodeInvocationSpec invocation_;
  rwset::TxReadWriteSet results_;
  kvrwset::KVRWSet set_;
};

double cpu_seconds() {  // of this thread: other work on the machine does not count
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

enum class From { buffer, memory };

// Gigabytes per CPU second over all blocks, of the best of several rounds.
struct Side {
  double best = 0;
  Sum sum;
  template <class Read>
  void round(const std::vector<std::string>& blocks, From from, Read read) {
    sum = {};
    double seconds = 0;
    size_t bytes = 0;
    std::string buffer;
    for (const auto& block : blocks) {
      if (from == From::buffer) buffer = block;
      const double start = cpu_seconds();
      read(from == From::buffer ? buffer : block, sum);
      seconds += cpu_seconds() - start;
      bytes += block.size();
    }
    best = std::max(best, static_cast<double>(bytes) / seconds / 1e9);
  }
};

double compare(const std::vector<std::string>& blocks, From from, unsigned kinds,
               const char* what) {
  Side walk, protobuf;
  ProtobufReader reader;
  for (int i = 0; i < kRounds; ++i) {
    walk.round(blocks, from,
               [&](const std::string& block, Sum& sum) { walk_block(block, kinds, sum); });
    protobuf.round(blocks, from,
                   [&](const std::string& block, Sum& sum) { reader.read(block, kinds, sum); });
  }
  if (!(walk.sum == protobuf.sum)) {
    fmt::print(stderr, "{}: the two sides do not agree\n", what);
    std::exit(1);
  }
  fmt::print("{:<34} {:>6} events   walk {:6.2f} GB/s   protobuf {:5.2f} GB/s   {:5.1f}x\n", what,
             walk.sum.events, walk.best, protobuf.best, walk.best / protobuf.best);
  return walk.best / protobuf.best;
}

}  // namespace

int main() {
  using event::Kind;
  const auto& ledger = tests::events_15k_ledger();
  std::vector<std::string> blocks;
  for (size_t number = 0; number < ledger.height(); ++number)
    blocks.push_back(ledger.common_block(number));
  fmt::print("{} blocks, {:.1f} MB; the best of {} rounds each, taken in turn\n", blocks.size(),
             static_cast<double>(ledger.block_file().size()) / 1e6, kRounds);
  const unsigned events = decode::bit(Kind::chaincode_event);
  const unsigned all = events | decode::bit(Kind::transaction) | decode::bit(Kind::write);
  const double ratio = compare(blocks, From::buffer, events, "chaincode events");
  const double ratio_all = compare(blocks, From::buffer, all, "transactions, events and writes");
  const double ratio_cold = compare(blocks, From::memory, events, "chaincode events, out of cache");
  fmt::print(
      "decode: {:.1f}x a protobuf parse with reused messages ({:.1f}x with transactions and "
      "writes, {:.1f}x out of "
      "cache); at least 5x is wanted\n",
      ratio, ratio_all, ratio_cold);
  return ratio >= 5 ? 0 : 1;
}

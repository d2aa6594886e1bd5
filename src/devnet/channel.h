// One channel of the devnet: the ordering service's way in, and the ledger behind it.
//
//   broadcast ─▶ checks ─▶ queue ─▶ cutter (thread) ─▶ signed block ─▶ Ledger::commit ─▶ waiters
//
// A transaction is acknowledged when it is queued, as a real orderer does, and committed when
// when_committed() says so. Everything waits in memory until then: a process that is killed loses
// what it acknowledged but did not commit, never what it reported committed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/result.h"
#include "ledger/ledger.h"
#include "msp/identity.h"

namespace belfry::devnet {

// common.Status, as Broadcast and Deliver answer with it.
enum class Status : int {
  unknown = 0,
  success = 200,
  bad_request = 400,
  forbidden = 403,
  not_found = 404,
  too_large = 413,
  internal_error = 500,
  service_unavailable = 503,
};

struct BroadcastAnswer {
  Status status = Status::success;
  std::string info;  // Fabric's words for a refusal
};

struct CommitStatus {
  uint64_t block = 0;
  uint32_t index = 0;
  uint8_t code = 0;  // ledger/ledger.h
};

// For people's tests: what an unlucky network does to transactions.
struct Faults {
  double fail = 0;   // chance that one is refused with SERVICE_UNAVAILABLE
  double drop = 0;   // chance that one is acknowledged and lost
  Duration delay{};  // before each block is committed
};

struct ChannelOptions {
  // Cut as soon as the committer is idle, whatever the channel's BatchTimeout says: transactions
  // that come meanwhile make the next block. Otherwise the channel's BatchSize and BatchTimeout.
  bool cut_at_once = true;
  size_t queued_bytes = 256 << 20;  // beyond: service_unavailable
  // Who may ask for what, if not whom the ledger's own configuration names: a recorded ledger is
  // served to organisations of whose keys the devnet holds its own.
  std::shared_ptr<const msp::ChannelConfig> access;
  Faults faults;
};

// Thread-safe.
class Channel {
 public:
  // Signs blocks as `orderer`. Takes the ledger, starts the cutting thread.
  static std::unique_ptr<Channel> start(std::unique_ptr<ledger::Ledger> ledger,
                                        std::shared_ptr<const msp::SigningIdentity> orderer,
                                        std::shared_ptr<ledger::SignatureCache> signatures,
                                        const Clock& clock, ChannelOptions options);
  virtual ~Channel() = default;  // what is queued is dropped

  virtual const std::string& name() const = 0;
  virtual ledger::Ledger& ledger() = 0;
  virtual const ledger::Ledger& ledger() const = 0;

  // The configuration that requests are judged by: the ledger's, or ChannelOptions::access.
  virtual std::shared_ptr<const msp::ChannelConfig> access() const = 0;

  // A serialized common.Envelope, as AtomicBroadcast and the gateway's Submit hand it in.
  virtual BroadcastAnswer broadcast(std::string_view envelope) = 0;

  // Calls back once with the transaction's fate: at once if the ledger has it, else from the
  // committing thread when it is committed: must not wait for anything. The number is for forget(),
  // after which the callback does not run (forget waits for it when it is running).
  virtual uint64_t when_committed(std::string_view transaction_id,
                                  Callback<const CommitStatus&> then) = 0;
  virtual void forget(uint64_t waiter) = 0;

  // Why nothing is committed any more (the disk failed); empty as long as all is well.
  virtual std::string failure() const = 0;
};

}  // namespace belfry::devnet

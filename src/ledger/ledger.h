// One channel's ledger: the blocks in files, and what follows from them — state with versions,
// history, private data, the configuration in force.
//
//   ordered block ──▶ commit: validate ▶ append + fdatasync ▶ apply ▶ tell the listeners
//
// The block files (docs/formats/ledger.md) and the private data beside them are the only truth: at
// open() they are read from the first block on, and everything else is made from them again. A
// process that was killed in the midst of a commit finds the block whole or not at all.
//
// What a client may read of it is judged elsewhere (devnet/).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"
#include "decode/block.h"
#include "ledger/reader.h"
#include "ledger/signature_cache.h"
#include "msp/channel_config.h"

namespace belfry::ledger {

// peer.TxValidationCode
namespace code {
inline constexpr uint8_t kValid = 0, kNilEnvelope = 1, kBadPayload = 2, kBadCommonHeader = 3,
                         kBadCreatorSignature = 4, kInvalidEndorserTransaction = 5,
                         kInvalidConfigTransaction = 6, kUnsupportedTxPayload = 7,
                         kBadProposalTxid = 8, kDuplicateTxid = 9, kEndorsementPolicyFailure = 10,
                         kMvccReadConflict = 11, kPhantomReadConflict = 12, kUnknownTxType = 13,
                         kTargetChainNotFound = 14, kMarshalTxError = 15, kNilTxAction = 16,
                         kExpiredChaincode = 17, kChaincodeVersionConflict = 18,
                         kBadHeaderExtension = 19, kBadChannelHeader = 20, kBadResponsePayload = 21,
                         kBadRwset = 22, kIllegalWriteset = 23, kInvalidWriteset = 24,
                         kInvalidChaincode = 25, kNotValidated = 254, kInvalidOtherReason = 255;
}
std::string_view code_name(uint8_t code);  // "MVCC_READ_CONFLICT"

struct ChainInfo {
  uint64_t height = 0;
  Hash256 current{};     // of the newest block's header
  std::string previous;  // of the one before it: what its header says; empty at height 1
};

struct TransactionPlace {
  uint64_t block = 0;
  uint32_t index = 0;
  uint8_t code = code::kNotValidated;
};

// A block that is in the ledger. Immutable, shared with whoever still sends it.
struct CommittedBlock {
  std::shared_ptr<const std::string> bytes;  // serialized common.Block, validation codes included
  decode::Block block;                       // views into bytes
  bool is_config = false;
};
using CommittedBlockPtr = std::shared_ptr<const CommittedBlock>;

// What a transaction wrote to a collection whose members' peers this process runs. A collection
// that is missing here although its hashes are in the block stays unknown to everybody.
using PrivateSet = std::string;  // serialized rwset.TxPvtReadWriteSet

// Thread-safe; one thread commits at a time.
class Ledger : public Reader {
 public:
  struct Options {
    std::string folder;  // of all channels: chains/CHANNEL/blockfile_NNNNNN and pvtdata/CHANNEL
    uint64_t file_limit = 64 << 20;  // a block file is closed when the next block passes it
    size_t held_private = 10'000;    // transactions whose private writes wait for their block
    size_t recent_blocks = 64;       // kept in memory, with all of at most 32 MiB
    int verifiers = 2;               // threads that verify a block's signatures
    bool sync = true;                // false: an ephemeral network need not survive the machine
    bool read_only = false;          // a recorded ledger: commit() fails
  };

  // Makes the channel that the genesis block defines; an error when it exists.
  static Result<std::unique_ptr<Ledger>> create(FileSystem& files, Options options,
                                                std::string_view genesis,
                                                std::shared_ptr<SignatureCache> signatures);
  // Reads what is there. Null when the channel's creation never came to its end: create() may be
  // called again.
  static Result<std::unique_ptr<Ledger>> open(FileSystem& files, Options options,
                                              const std::string& channel,
                                              std::shared_ptr<SignatureCache> signatures);
  // A recorded ledger, for reading: a block file, or a folder of them as a peer keeps it. The
  // validation codes are taken as recorded.
  static Result<std::unique_ptr<Ledger>> open_recorded(FileSystem& files, const std::string& path);
  // Channels in that folder, sorted.
  static std::vector<std::string> channels(FileSystem& files, const std::string& folder);

  virtual const std::string& channel() const = 0;
  virtual uint64_t height() const = 0;  // number of blocks
  virtual ChainInfo info() const = 0;
  virtual std::shared_ptr<const msp::ChannelConfig> config() const = 0;
  virtual uint64_t config_block() const = 0;  // the newest block with a configuration

  // An error when there is no such block, or it cannot be read.
  virtual Result<CommittedBlockPtr> block(uint64_t number) const = 0;
  virtual std::optional<uint64_t> block_of_hash(std::string_view header_hash) const = 0;
  virtual std::optional<TransactionPlace> find_transaction(std::string_view id) const = 0;
  // By transaction index: serialized rwset.TxPvtReadWriteSet with the collections that are held,
  // empty where none is; without those that were purged or have expired.
  virtual Result<std::vector<std::string>> private_data(uint64_t block) const = 0;

  // Endorsers leave private writes here until the transaction is committed (or `held_private`
  // others came after it).
  virtual void hold_private(std::string_view transaction_id, PrivateSet writes) = 0;

  // The next block as ordered: metadata slot 0 is kept, the codes are decided here. Returns when it
  // is on disk and applied, and the listeners were called. An error (a full disk) leaves the ledger
  // as it was, and may be tried again; but after a failed sync it is final.
  virtual Result<CommittedBlockPtr> commit(std::shared_ptr<const std::string> block) = 0;

  // Called after each commit on the committing thread, in order: must not wait for anything, nor
  // add or remove listeners. The number is for remove_listener, which waits for a call in progress.
  using Listener = std::function<void(const CommittedBlockPtr&)>;
  virtual uint64_t add_listener(Listener listener) = 0;
  virtual void remove_listener(uint64_t number) = 0;
};

}  // namespace belfry::ledger

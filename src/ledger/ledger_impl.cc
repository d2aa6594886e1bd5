#include "ledger/ledger_impl.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "common/common.pb.h"
#include "ledger/encode.h"
#include "msp/policy.h"

namespace belfry::ledger {
namespace {

constexpr size_t kSignatures = 0, kCodes = 2, kCommitHash = 4;  // metadata slots
constexpr std::string_view kBlockValidation = "/Channel/Orderer/BlockValidation";

bool holds_config(const std::vector<SettledTransaction>& transactions) {
  return std::any_of(transactions.begin(), transactions.end(),
                     [](const auto& each) { return each.config != nullptr; });
}

// Whether the orderers' signatures over a block are good, which they are not when a part of its
// metadata never reached the disk.
Result<void> check_signatures(const decode::Block& block, const msp::ChannelConfig& config) {
  ::common::Metadata metadata;
  const std::string_view slot = block.metadata[kSignatures];
  if (!metadata.ParseFromArray(slot.data(), static_cast<int>(slot.size())))
    return fail("its signatures do not decode");
  const std::string header = decode::header_der(block.number, block.previous_hash, block.data_hash);
  std::vector<std::string> texts;
  std::vector<::common::SignatureHeader> headers;
  texts.reserve(static_cast<size_t>(metadata.signatures_size()));
  headers.reserve(static_cast<size_t>(metadata.signatures_size()));
  std::vector<msp::SignedData> data;
  for (const auto& signature : metadata.signatures()) {
    if (!headers.emplace_back().ParseFromString(signature.signature_header()))
      return fail("a signature header does not decode");
    texts.push_back(metadata.value() + signature.signature_header() + header);
    data.push_back({texts.back(), headers.back().creator(), signature.signature()});
  }
  const auto signers = msp::verify_signers(*config.msps, data);
  return config.policies->evaluate(kBlockValidation, signers.members);
}

}  // namespace

LedgerImpl::LedgerImpl(Options options, std::shared_ptr<SignatureCache> signatures)
    : options_(std::move(options)),
      signatures_(std::move(signatures)),
      held_(options_.held_private) {
  if (options_.read_only) return;
  executor_ = thread_executor(std::max(1, options_.verifiers - 1));
  validator_ = std::make_unique<Validator>(*signatures_, *executor_, options_.verifiers);
}

Result<void> LedgerImpl::open_files(FileSystem& files, const std::string& blocks,
                                    const std::string& private_data) {
  if (!private_data.empty()) {
    auto store = PrivateStore::open(files, private_data, options_.sync);
    if (!store) return tl::unexpected(store.error());
    private_store_ = std::move(*store);
  }
  committed_ = std::make_unique<CommittedState>(
      private_store_.get(), [this](uint64_t number) -> Result<decode::Block> {
        auto record = blocks_->read(number);
        if (!record) return tl::unexpected(record.error());
        return decode::parse_block_file_record(*record, **record);
      });
  auto store = BlockStore::open(
      files,
      {.folder = blocks,
       .file_limit = options_.file_limit,
       .sync = options_.sync,
       .read_only = options_.read_only},
      [this](const decode::Block& block, bool last) { return replay(block, last); });
  if (!store) return tl::unexpected(store.error());
  blocks_ = std::move(*store);
  if (private_store_ == nullptr) return {};
  private_store_->cut(blocks_->height());
  return private_store_->rewrite(true);
}

Result<void> LedgerImpl::check_next(const decode::Block& block) const {
  const ChainInfo& info = committed_->info();
  if (block.number != info.height)
    return fail(fmt::format("block {} comes where {} is due", block.number, info.height));
  const std::string_view previous = info.height == 0 ? std::string_view() : view(info.current);
  if (block.previous_hash != previous)
    return fail(fmt::format("block {} does not follow block {}: its previous hash is another",
                            block.number, info.height - 1));
  return {};
}

// The last block in the files may never have been finished, although its length is there: power
// went before all of it was on disk. Its hashes and signatures tell.
Result<void> LedgerImpl::check_unfinished(const decode::Block& block,
                                          const Updates& updates) const {
  if (view(decode::data_hash(block)) != block.data_hash)
    return fail("its transactions do not match its data hash");
  if (block.number == 0) return {};
  const std::string recorded = recorded_commit_hash(block);
  if (!options_.read_only || !recorded.empty()) {
    const std::string hash =
        commit_hash(block.metadata[kCodes], updates, committed_->commit_hash());
    if (hash != recorded) return fail("its commit hash is another");
  }
  return check_signatures(block, *committed_->config());
}

Result<void> LedgerImpl::replay(const decode::Block& block, bool last) {
  if (auto next = check_next(block); !next) return next;
  if (block.number == 0 && block.transactions.size() == 1) {
    auto config = msp::ChannelConfig::from_transaction(block.transactions.front());
    if (!config) return tl::unexpected(config.error());
    channel_ = config->channel;
  }
  if (channel_.empty()) return fail("block 0, which names the channel, is not there");
  auto recorded = settle_recorded(block, *committed_);
  if (!recorded) return tl::unexpected(recorded.error());
  if (last)
    if (auto whole = check_unfinished(block, recorded->updates); !whole) return whole;
  PrivateSets sets;
  if (private_store_ != nullptr)
    if (const PrivateSets* held = private_store_->find(block.number)) sets = *held;
  committed_->apply(block, recorded->settled, recorded->updates, std::move(sets));
  return {};
}

Result<void> LedgerImpl::begin(std::string_view genesis) {
  auto buffer = std::make_shared<const std::string>(genesis);
  auto block = decode::parse_block(buffer, *buffer);
  if (!block) return tl::unexpected(block.error());
  if (block->number != 0 || block->transactions.size() != 1 || !block->previous_hash.empty() ||
      view(decode::data_hash(*block)) != block->data_hash)
    return fail("that is no genesis block: it must be block 0, with one configuration");
  auto config = msp::ChannelConfig::from_transaction(block->transactions.front());
  if (!config) return tl::unexpected(config.error());
  channel_ = config->channel;
  ValidatedBlock validated;
  validated.codes.assign(1, static_cast<char>(code::kValid));
  validated.settled.push_back(
      {.code = code::kValid,
       .config = std::make_shared<const msp::ChannelConfig>(std::move(*config))});
  auto written = write(*block, validated, {});
  if (!written) return tl::unexpected(written.error());
  std::unique_lock lock(state_mutex_);
  committed_->apply((*written)->block, validated.settled, validated.updates, {});
  remember(std::move(*written));
  return {};
}

// Of invalid transactions, too: Fabric keeps and delivers theirs, although they change nothing.
PrivateSets LedgerImpl::take_private(const ValidatedBlock& validated) {
  PrivateSets sets;
  for (uint32_t i = 0; i < validated.checked.size(); ++i) {
    const CheckedTransaction& each = validated.checked[i];
    if (each.sets.empty() || each.code == code::kDuplicateTxid) continue;
    std::string set = held_.take(each.id, each.sets);
    if (!set.empty()) sets.emplace(i, std::move(set));
  }
  return sets;
}

Result<CommittedBlockPtr> LedgerImpl::write(const decode::Block& block,
                                            const ValidatedBlock& validated,
                                            const PrivateSets& private_sets) {
  BlockContents contents = contents_of(block);
  contents.metadata.resize(decode::kMetadataSlots);
  contents.metadata[kCodes] = validated.codes;
  std::string hash;
  if (block.number > 0)
    append_field(hash, 1,
                 std::string_view(
                     commit_hash(validated.codes, validated.updates, committed_->commit_hash())));
  contents.metadata[kCommitHash] = hash;
  // Private data first: a block that is there must find it.
  if (!private_sets.empty())
    if (auto written = private_store_->write(block.number, private_sets); !written)
      return tl::unexpected(written.error());
  if (auto appended = blocks_->append(encode_record(contents)); !appended)
    return tl::unexpected(appended.error());
  auto committed = std::make_shared<CommittedBlock>();
  committed->bytes = std::make_shared<const std::string>(encode_block(contents));
  auto parsed = decode::parse_block(committed->bytes, *committed->bytes);
  if (!parsed) return tl::unexpected(parsed.error());
  committed->block = std::move(*parsed);
  committed->is_config = holds_config(validated.settled);
  return CommittedBlockPtr(std::move(committed));
}

Result<CommittedBlockPtr> LedgerImpl::commit(std::shared_ptr<const std::string> bytes) {
  if (options_.read_only)
    return fail(fmt::format("channel {} is a recording: nothing can be added to it", channel_));
  std::lock_guard committing(committing_);
  auto block = decode::parse_block(bytes, *bytes);
  if (!block) return tl::unexpected(block.error());
  // Only this thread changes committed_, so it reads it without a lock.
  if (auto next = check_next(*block); !next) return tl::unexpected(next.error());
  if (view(decode::data_hash(*block)) != block->data_hash)
    return fail(
        fmt::format("the transactions of block {} do not match its data hash", block->number));
  auto validated = validator_->validate(*block, *committed_);
  if (!validated) return tl::unexpected(validated.error());
  PrivateSets private_sets = take_private(*validated);
  auto written = write(*block, *validated, private_sets);
  if (!written) {
    // It may be tried again, and then needs them again.
    for (auto& [index, set] : private_sets)
      held_.hold(validated->settled[index].id, std::move(set));
    return written;
  }
  {
    std::unique_lock lock(state_mutex_);
    committed_->apply((*written)->block, validated->settled, validated->updates,
                      std::move(private_sets));
    remember(*written);
  }
  if (auto rewritten = private_store_->rewrite(false); !rewritten)
    log::warn("the private data cannot be written anew: what was purged is still on disk",
              {{"channel", channel_}, {"why", rewritten.error().message}});
  tell(*written);
  return written;
}

void LedgerImpl::remember(CommittedBlockPtr block) {
  recent_bytes_ += block->bytes->size();
  recent_.push_back(std::move(block));
  while (recent_.size() > 1 &&
         (recent_.size() > options_.recent_blocks || recent_bytes_ > kMostRecentBytes)) {
    recent_bytes_ -= recent_.front()->bytes->size();
    recent_.pop_front();
  }
}

void LedgerImpl::tell(const CommittedBlockPtr& block) {
  std::lock_guard lock(listeners_mutex_);
  for (const auto& [number, listener] : listeners_) listener(block);
}

uint64_t LedgerImpl::add_listener(Listener listener) {
  std::lock_guard lock(listeners_mutex_);
  listeners_.emplace_back(next_listener_, std::move(listener));
  return next_listener_++;
}

void LedgerImpl::remove_listener(uint64_t number) {
  std::lock_guard lock(listeners_mutex_);
  std::erase_if(listeners_, [&](const auto& each) { return each.first == number; });
}

void LedgerImpl::hold_private(std::string_view transaction_id, PrivateSet writes) {
  held_.hold(transaction_id, std::move(writes));
}

}  // namespace belfry::ledger

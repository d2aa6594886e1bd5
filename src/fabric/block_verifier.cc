#include "fabric/block_verifier.h"

#include <fmt/format.h>

#include <vector>

#include "base/bytes.h"
#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "decode/transaction.h"
#include "msp/config_update.h"
#include "msp/identity.h"
#include "msp/policy.h"

namespace belfry::fabric {
namespace {

constexpr size_t kSignatures = 0, kLastConfig = 1;  // metadata slots
constexpr int kMostSignatures = 1000;  // of one block; a BFT network has tens of orderers
constexpr const char* kBlockValidation = "/Channel/Orderer/BlockValidation";

template <class Message>
bool parse(Message& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool is_config(const decode::Block& block) {
  return block.transactions.size() == 1 &&
         decode::read_transaction(block.transactions.front()).type == ::common::CONFIG;
}

Result<void> check_data(const decode::Block& block) {
  if (block.filtered) return fail("filtered blocks carry nothing that could be verified");
  if (view(decode::data_hash(block)) != block.data_hash)
    return fail("its transactions do not match its data hash");
  return {};
}

template <class T>
T in_block(uint64_t number, T result) {
  return std::move(result).with_context(fmt::format("block {}", number));
}

}  // namespace

Result<uint64_t> last_config_of(const decode::Block& block) {
  if (block.number == 0) return 0;
  ::common::Metadata metadata;
  if (!parse(metadata, block.metadata[kSignatures])) return fail("its signatures do not decode");
  if (!metadata.value().empty()) {
    ::common::OrdererBlockMetadata orderer;
    if (!orderer.ParseFromString(metadata.value()))
      return fail("the orderer's metadata does not decode");
    return orderer.last_config().index();
  }
  ::common::LastConfig last;
  if (!parse(metadata, block.metadata[kLastConfig]) || !last.ParseFromString(metadata.value()))
    return fail("it does not say which configuration it belongs to");
  return last.index();
}

Result<std::unique_ptr<BlockVerifier>> BlockVerifier::trusting(const decode::Block& block) {
  using Made = Result<std::unique_ptr<BlockVerifier>>;
  if (auto good = check_data(block); !good)
    return in_block(block.number, Made(tl::unexpected(good.error())));
  if (block.transactions.size() != 1)
    return fail(fmt::format("block {} holds {} transactions; a configuration block holds one",
                            block.number, block.transactions.size()));
  auto config =
      in_block(block.number, msp::ChannelConfig::from_transaction(block.transactions.front()));
  if (!config) return tl::unexpected(config.error());
  std::unique_ptr<BlockVerifier> made(new BlockVerifier);
  made->configs_.emplace(block.number, Known{std::move(*config), decode::header_hash(block)});
  return made;
}

Result<std::unique_ptr<BlockVerifier>> BlockVerifier::starting_at(uint64_t first,
                                                                  std::string_view genesis_hash,
                                                                  const FetchBlock& fetch) {
  auto genesis = fetch(0);
  if (!genesis) return tl::unexpected(genesis.error());
  if (const Hash256 hash = decode::header_hash(*genesis); view(hash) != genesis_hash)
    return fail(
        fmt::format("block 0 has the hash {}, expected {}: this is another channel, or another "
                    "network of the same name",
                    hex(view(hash)), hex(genesis_hash)));
  auto verifier = trusting(*genesis);
  if (!verifier || first == 0) return verifier;

  // Backward: each block before a configuration block knows the configuration before that.
  std::vector<uint64_t> numbers;
  for (uint64_t before = first; before > 0;) {
    if (numbers.size() >= kMostFetched / 2)
      return fail(fmt::format("more than {} configuration updates", numbers.size()));
    auto block = fetch(before - 1);
    if (!block) return tl::unexpected(block.error());
    auto number = in_block(before - 1, last_config_of(*block));
    if (!number) return tl::unexpected(number.error());
    if (*number >= before)
      return fail(fmt::format("block {} names the later block {} as its configuration", before - 1,
                              *number));
    if (*number == 0) break;
    numbers.push_back(*number);
    before = *number;
  }
  // Forward: each is proven by the one before it.
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    auto block = fetch(*number);
    if (!block) return tl::unexpected(block.error());
    if (auto good = in_block(*number, check_data(*block)); !good)
      return tl::unexpected(good.error());
    if (auto good = (*verifier)->verify(*block); !good) return tl::unexpected(good.error());
    if (!(*verifier)->configs_.contains(*number))
      return fail(fmt::format("block {} is no configuration block", *number));
  }
  return verifier;
}

Result<void> BlockVerifier::verify(const decode::Block& block) {
  return in_block(block.number, check(block));
}

Result<void> BlockVerifier::check(const decode::Block& block) {
  if (block.filtered) return fail("filtered blocks carry nothing that could be verified");
  if (auto known = configs_.find(block.number); known != configs_.end()) {
    if (known->second.header_hash == decode::header_hash(block)) return {};
    return fail("it is another block than the configuration block of that number that is trusted");
  }
  auto after = configs_.upper_bound(block.number);
  if (after == configs_.begin())
    return fail(fmt::format("it lies before block {}, the configuration that trust starts from",
                            after->first));
  const auto before = std::prev(after);
  if (auto good = check_signatures(block, before->second.config); !good) return good;
  const bool brings_config = is_config(block);
  auto named = last_config_of(block);
  if (!named) return tl::unexpected(named.error());
  if (const uint64_t expected = brings_config ? block.number : before->first; *named != expected)
    return fail(fmt::format(
        "it was made under the configuration of block {}, but the one known is that of block {}",
        *named, expected));
  return brings_config ? follow(block, before->second) : Result<void>();
}

Result<void> BlockVerifier::check_signatures(const decode::Block& block,
                                             const msp::ChannelConfig& config) const {
  ::common::Metadata metadata;
  if (!parse(metadata, block.metadata[kSignatures])) return fail("its signatures do not decode");
  if (metadata.signatures().empty()) return fail("no orderer signed it");
  if (metadata.signatures_size() > kMostSignatures)
    return fail(fmt::format("it carries {} signatures; at most {} are looked at",
                            metadata.signatures_size(), kMostSignatures));
  const std::string header = decode::header_der(block.number, block.previous_hash, block.data_hash);

  // What SignedData views; reserved, so that it does not move.
  const auto count = static_cast<size_t>(metadata.signatures_size());
  std::vector<std::string> data, identities;
  data.reserve(count);
  identities.reserve(count);
  std::vector<msp::SignedData> signatures;
  for (const auto& signature : metadata.signatures()) {
    if (config.bft_signatures() && signature.signature_header().empty() &&
        !signature.identifier_header().empty()) {
      ::common::IdentifierHeader identifier;
      if (!identifier.ParseFromString(signature.identifier_header()))
        return fail("an identifier header does not decode");
      const msp::Consenter* consenter = config.consenter(identifier.identifier());
      if (consenter == nullptr) continue;
      identities.push_back(msp::serialize_identity(consenter->msp_id, consenter->identity));
      data.push_back(metadata.value() + signature.identifier_header() + header);
    } else {
      ::common::SignatureHeader signer;
      if (!signer.ParseFromString(signature.signature_header()))
        return fail("a signature header does not decode");
      identities.push_back(std::move(*signer.mutable_creator()));
      data.push_back(metadata.value() + signature.signature_header() + header);
    }
    signatures.push_back({data.back(), identities.back(), signature.signature()});
  }
  const msp::Signers signers = msp::verify_signers(*config.msps, signatures);
  auto verdict = config.policies->evaluate(kBlockValidation, signers.members);
  if (verdict) return {};
  return fail(fmt::format("its {} signature{} not enough: {}{}{}", count,
                          count == 1 ? " is" : "s are", verdict.error().message,
                          signers.refused.empty() ? "" : "; ", signers.refused));
}

Result<void> BlockVerifier::follow(const decode::Block& block, const Known& before) {
  auto transaction = msp::parse_config_transaction(block.transactions.front());
  if (!transaction) return tl::unexpected(transaction.error());
  if (transaction->channel != before.config.channel)
    return fail(fmt::format("it configures channel {}, this is {}", transaction->channel,
                            before.config.channel));
  auto config = msp::follow_update(before.config, *transaction->envelope);
  if (!config) return tl::unexpected(config.error());
  configs_.emplace(block.number, Known{std::move(*config), decode::header_hash(block)});
  if (configs_.size() > kMostConfigs) configs_.erase(configs_.begin());
  return {};
}

}  // namespace belfry::fabric

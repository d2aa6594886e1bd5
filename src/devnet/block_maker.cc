#include "devnet/block_maker.h"

#include "common/common.pb.h"
#include "decode/block.h"
#include "devnet/signed_envelope.h"
#include "ledger/block_store.h"
#include "ledger/encode.h"
#include "msp/channel_config.h"

namespace belfry::devnet {
namespace {

// etcdraft.BlockMetadata{1 consenter ids (packed), 2 next consenter id, 3 raft index}, of the one
// consenter there is.
std::string raft_metadata(uint64_t index) {
  std::string bytes;
  ledger::append_field(bytes, 1, std::string_view("\x01"));
  ledger::append_field(bytes, 2, uint64_t{2});
  ledger::append_field(bytes, 3, index);
  return bytes;
}

}  // namespace

std::string make_block(const ledger::Ledger& ledger, std::vector<std::string> transactions,
                       const msp::SigningIdentity& orderer, Random& random) {
  const ledger::ChainInfo info = ledger.info();
  Sha256 hash;
  for (const std::string& each : transactions) hash.add(each);
  const Hash256 data_hash = hash.finish();

  const bool is_config =
      transactions.size() == 1 && msp::is_config_transaction(transactions.front());
  ::common::OrdererBlockMetadata value;
  value.mutable_last_config()->set_index(is_config ? info.height : ledger.config_block());
  value.set_consenter_metadata(raft_metadata(info.height + 1));

  ::common::Metadata signatures;
  signatures.set_value(value.SerializeAsString());
  auto* signature = signatures.add_signatures();
  signature->set_signature_header(signature_header(orderer, random));
  signature->set_signature(
      orderer.sign(signatures.value() + signature->signature_header() +
                   decode::header_der(info.height, view(info.current), view(data_hash))));
  const std::string slot = signatures.SerializeAsString();

  ledger::BlockContents block{.number = info.height,
                              .previous_hash = view(info.current),
                              .data_hash = view(data_hash),
                              .transactions = {transactions.begin(), transactions.end()},
                              .metadata = {slot, "", "", "", ""}};
  return ledger::encode_block(block);
}

}  // namespace belfry::devnet

#include "decode/events.h"

#include "base/hash.h"
#include "decode/rwset.h"
#include "decode/transaction.h"
#include "decode/wire.h"

namespace belfry::decode {
namespace {

using event::Event;
using event::Kind;

constexpr uint8_t kNotValidated =
    254;                          // what Fabric takes for the code of a transaction that has none
constexpr size_t kCodesSlot = 2;  // of the block's metadata: one byte per transaction

// Makes the events of one block, one after another in one Event.
class Walk {
 public:
  Walk(const Block& block, const WalkOptions& options,
       const std::function<bool(const Event&)>& sink)
      : block_(block), options_(options), sink_(sink) {}

  // Each returns false when the sink has had enough.
  bool block() {
    const Hash256 hash = block_.filtered ? Hash256{} : header_hash(block_);
    Event event = begin(0, Kind::block, 0);
    if (!block_.transactions.empty() && !block_.filtered)
      event.time = read_transaction(block_.transactions.front()).time;
    event.transaction_count = static_cast<uint32_t>(block_.transactions.size());
    if (!block_.filtered) event.block_hash = view(hash);
    event.previous_hash = block_.previous_hash;
    return sink_(event);
  }

  bool transaction(uint32_t index) {
    const Transaction tx = read_transaction(block_.transactions[index]);
    const bool has_event = wants(Kind::chaincode_event) && !tx.event.empty();
    const bool has_writes = wants(Kind::write) && !tx.results.empty();
    if (!wants(Kind::transaction) && !has_event && !has_writes) return true;
    Event event = begin(index, Kind::transaction, 0);
    event.transaction_id = tx.id;
    event.time = tx.time;
    event.validation_code = code(index);
    event.creator = creator(tx);
    event.header_type = tx.type;
    if (wants(Kind::transaction) && !made_transaction(event, tx)) return false;
    if (has_event && !made_chaincode_event(event, tx.event)) return false;
    return !has_writes || made_writes(event, tx, index);
  }

  // FilteredTransaction{1: id, 2: type, 3: code, 4: FilteredTransactionActions{1: repeated {1:
  // ChaincodeEvent}}}
  bool filtered_transaction(uint32_t index) {
    Event event = begin(index, Kind::transaction, 0);
    event.header_type = 0;
    std::string_view chaincode_event;
    wire::Reader fields(block_.transactions[index]);
    while (fields.next()) {
      switch (fields.tag()) {
        case wire::bytes(1):
          if (!wire::take_text(event.transaction_id, fields.bytes())) event.transaction_id = {};
          break;
        case wire::varint(2):
          event.header_type = static_cast<int32_t>(fields.value());
          break;
        case wire::varint(3):
          event.validation_code = static_cast<uint8_t>(fields.value());
          break;
        case wire::bytes(4):
          chaincode_event = filtered_event(fields.bytes());
          break;
        default:
          break;
      }
    }
    ChaincodeEvent inner;
    if (read_event(chaincode_event, inner)) event.chaincode = inner.chaincode;
    if (wants(Kind::transaction) && !sink_(event)) return false;
    return !wants(Kind::chaincode_event) || chaincode_event.empty() ||
           made_chaincode_event(event, chaincode_event);
  }

  bool wants(Kind kind) const { return (options_.kinds & bit(kind)) != 0; }

 private:
  Event begin(uint32_t transaction, Kind kind, uint32_t index) const {
    Event event;
    event.position = {options_.genesis, block_.number, transaction, kind, index};
    event.network = options_.network;
    event.channel = options_.channel;
    return event;
  }

  uint8_t code(uint32_t index) const {
    const auto codes = block_.metadata[kCodesSlot];
    return index < codes.size() ? static_cast<uint8_t>(codes[index]) : kNotValidated;
  }

  // Most transactions of a block have a creator in common with the one before.
  event::Creator creator(const Transaction& tx) {
    if (tx.creator_msp.empty() || !options_.creator_name) return {tx.creator_msp, {}};
    if (tx.creator != last_identity_) {
      last_identity_ = tx.creator;
      last_name_ = options_.creator_name(tx.creator);
    }
    return {tx.creator_msp, last_name_};
  }

  // These fill in what is their kind's own and take it out again: an Event is too large to copy for
  // each.
  bool made_transaction(Event& event, const Transaction& tx) {
    event.chaincode = tx.chaincode;
    if (read_arguments(tx.proposal_payload, arguments_, 1) && !arguments_.empty() &&
        !wire::take_text(event.function, arguments_.front()))
      event.function = {};
    const bool more = sink_(event);
    event.function = {};
    return more;
  }

  bool made_chaincode_event(Event& event, std::string_view bytes) {
    ChaincodeEvent inner;
    if (!read_event(bytes, inner)) return true;
    event.position.kind = Kind::chaincode_event;
    event.chaincode = inner.chaincode;
    event.event_name = inner.name;
    event.has_payload = !block_.filtered;
    if (event.has_payload) event.payload = inner.payload;
    const bool more = sink_(event);
    event.event_name = event.payload = {};
    event.has_payload = false;
    return more;
  }

  bool made_writes(Event& event, const Transaction& tx, uint32_t index) {
    const auto private_set =
        index < block_.private_data.size() ? block_.private_data[index] : std::string_view();
    const bool tells = options_.withheld && !block_.private_data.empty();
    const auto detail = private_set.empty() && !tells ? Detail::writes : Detail::collections;
    if (!read_rwset(tx.results, detail, rwset_)) return true;
    event.position.kind = Kind::write;
    const auto made = [&](uint32_t place, const auto& write) {
      event.position.index = place;
      event.chaincode = write.name_space;
      event.key = write.key;
      event.is_delete = write.is_delete;
      event.has_payload = !write.is_delete;
      event.payload = write.is_delete ? std::string_view() : write.value;
      return sink_(event);
    };
    uint32_t place = 0;
    for (const auto& write : rwset_.writes)
      if (!made(place++, write)) return false;
    if (rwset_.collections.empty()) return true;
    private_writes_.clear();
    if (!private_set.empty())
      (void)read_private_writes(private_set, rwset_.collections, private_writes_);
    for (const auto& write : private_writes_) {
      event.collection = write.collection;
      if (!made(place + write.place, write)) return false;
    }
    if (tells) tell_withheld(event, place);
    return true;
  }

  // Both lists are in the order of places.
  void tell_withheld(Event& event, uint32_t public_writes) {
    event.key = event.payload = {};
    event.is_delete = event.has_payload = false;
    auto held = private_writes_.begin();
    uint32_t place = 0;
    for (const auto& collection : rwset_.collections) {
      for (const auto& write : collection.writes) {
        const uint32_t at = place++;
        if (held != private_writes_.end() && held->place == at) {
          ++held;
        } else if (!write.is_purge) {
          event.position.index = public_writes + at;
          event.chaincode = collection.name_space;
          event.collection = collection.collection;
          options_.withheld(event);
        }
      }
    }
  }

  // The serialized ChaincodeEvent of the last action that has one.
  static std::string_view filtered_event(std::string_view actions) {
    std::string_view found;
    wire::Reader fields(actions);
    while (fields.next()) {
      if (fields.tag() != wire::bytes(1)) continue;
      wire::Reader action(fields.bytes());
      while (action.next())
        if (action.tag() == wire::bytes(1)) found = action.bytes();
    }
    return found;
  }

  const Block& block_;
  const WalkOptions& options_;
  const std::function<bool(const Event&)>& sink_;
  std::string_view last_identity_, last_name_;
  std::vector<std::string_view> arguments_;
  ReadWriteSet rwset_;
  std::vector<PrivateWrite> private_writes_;
};

}  // namespace

bool walk(const Block& block, const WalkOptions& options, uint32_t from_transaction,
          const std::function<bool(const event::Event&)>& sink) {
  Walk walk(block, options, sink);
  if (from_transaction == 0 && walk.wants(Kind::block) && !walk.block()) return false;
  if ((options.kinds & ~bit(Kind::block)) == 0) return true;
  for (uint32_t i = from_transaction; i < block.transactions.size(); ++i)
    if (!(block.filtered ? walk.filtered_transaction(i) : walk.transaction(i))) return false;
  return true;
}

}  // namespace belfry::decode

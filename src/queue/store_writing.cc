// What operations do, in two steps: written down (checked, numbered, added to the group; what must
// not be handed out any more is held back), and in effect once the group is durable.
#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"
#include "queue/store_impl.h"

namespace belfry::queue {
namespace {

constexpr std::string_view kSource = "belfry.dead-letter-source";
constexpr std::string_view kReason = "belfry.reason";

void touch(std::vector<QueueId>& touched, QueueId queue) {
  if (touched.empty() || touched.back() != queue) touched.push_back(queue);
}

}  // namespace

std::optional<Receipt> StoreImpl::receipt_of(QueueId queue, std::string_view text) const {
  auto receipt = parse_receipt(text, state_.salt);
  if (!receipt || receipt->queue != queue) return std::nullopt;
  return receipt;
}

ReceiptStatus StoreImpl::check_locked(QueueState& queue, const Receipt& receipt) const {
  if (!queue.settings().fifo) return ReceiptStatus::done;
  const Entry* entry = queue.find(receipt.sequence);
  const bool held = entry != nullptr && entry->state == EntryState::leased &&
                    entry->receives == receipt.receives && entry->due > now();
  return held ? ReceiptStatus::done : ReceiptStatus::expired;
}

void StoreImpl::write_send(SendOperation& send, Committed& result, std::string& group) {
  auto& message = send.message;
  auto& sent = result.sent.emplace_back();
  sent.duplicate = false;
  sent.sequence = 0;
  auto* queue = state_.find(send.queue);
  if (queue == nullptr) {
    sent.no_queue = true;
    return;
  }
  const auto& settings = queue->settings();
  const int64_t at = now();
  std::optional<Deduplication::Key> key;
  if (settings.fifo) {
    if (message.deduplication.empty() && settings.content_deduplication)
      message.deduplication = hex(view(sha256(message.body)));
    if (!message.deduplication.empty()) {
      key = Deduplication::key(
          settings.deduplication_by_group ? std::string_view(message.group) : std::string_view{},
          message.deduplication);
      if (const auto* original = queue->deduplication.find(*key, at)) {
        sent = {original->id, original->sequence, true, false};
        return;
      }
    }
  }
  if (message.id.empty()) message.id = ids_.next();
  Entry& entry = send.entry;
  entry.sequence = queue->next_sequence++;
  entry.sent = at;
  const Duration delay = message.delay < Duration(0) ? settings.delay : message.delay;
  if (delay > Duration(0)) {
    entry.due = std::min(at + std::min(delay.count(), kLatestTime), kLatestTime);
    entry.state = EntryState::delayed;
  }
  entry.group = queue->group_number(message.group);
  const size_t start = group.size();
  encode_message(group, RecordKind::message,
                 {queue->id, entry.sequence, at, entry.due, 0, 0, false}, message);
  entry.generation = active_->header.generation;
  entry.offset = static_cast<uint32_t>(offset_ + start);
  entry.length = static_cast<uint32_t>(group.size() - start);
  send.accepted = true;
  if (key) queue->deduplication.add(*key, {message.id, entry.sequence, at});
  sent.id = message.id;
  sent.sequence = entry.sequence;
}

void StoreImpl::write_remove(RemoveOperation& remove, Committed& result, std::string& group) {
  const auto receipt = receipt_of(remove.queue, remove.receipt);
  auto* queue = state_.find(remove.queue);
  if (!receipt) {
    result.receipts.push_back(ReceiptStatus::malformed);
    return;
  }
  const auto status = queue == nullptr ? ReceiptStatus::done : check_locked(*queue, *receipt);
  result.receipts.push_back(status);
  if (queue == nullptr || status != ReceiptStatus::done || !queue->leave(receipt->sequence)) return;
  remove.sequence = receipt->sequence;
  encode_removed(group, queue->id, {receipt->sequence});
}

void StoreImpl::write_visibility(VisibilityOperation& change, Committed& result,
                                 std::string& group) {
  const auto receipt = receipt_of(change.queue, change.receipt);
  auto* queue = state_.find(change.queue);
  if (!receipt) {
    result.receipts.push_back(ReceiptStatus::malformed);
    return;
  }
  const int64_t at = now();
  const Entry* entry = queue == nullptr ? nullptr : queue->find(receipt->sequence);
  if (entry == nullptr || entry->state != EntryState::leased || entry->due <= at ||
      (queue->settings().fifo && entry->receives != receipt->receives)) {
    const bool fifo = queue != nullptr && queue->settings().fifo;
    const bool gone = entry == nullptr || entry->state == EntryState::leaving;
    result.receipts.push_back(fifo   ? ReceiptStatus::expired
                              : gone ? ReceiptStatus::gone
                                     : ReceiptStatus::not_held);
    return;
  }
  const int64_t length = std::max<int64_t>(change.from_now.count(), 0);
  if (length > kLongestLease.count() || at + length - entry->leased > kLongestLease.count()) {
    result.receipts.push_back(ReceiptStatus::beyond_limit);
    return;
  }
  result.receipts.push_back(ReceiptStatus::done);
  encode_visibility(group, queue->id, receipt->sequence, at + length);
  change.sequence = receipt->sequence;
  change.receives = entry->receives;
  // An extension holds at once, so that the lease cannot run out while it is being written.
  if (length > 0)
    queue->set_visibility(receipt->sequence, at + length, at);
  else
    change.gives_back = true;
}

void StoreImpl::write_move(MoveOperation& move, Committed& result, std::string& group) {
  const bool by_store = move.why == MoveOperation::Why::received_too_often;
  auto* from = state_.find(move.from);
  auto* to = state_.find(move.to);
  auto status = ReceiptStatus::done;
  if (move.why == MoveOperation::Why::handler) {
    const auto receipt = receipt_of(move.from, move.receipt);
    if (!receipt)
      status = ReceiptStatus::malformed;
    else if (from != nullptr)
      status = check_locked(*from, *receipt);
    move.sequence = receipt ? receipt->sequence : 0;
  }
  const Entry* entry = from == nullptr ? nullptr : from->find(move.sequence);
  if (status == ReceiptStatus::done) {
    const bool movable =
        entry != nullptr && to != nullptr &&
        (by_store                                  ? entry->state == EntryState::leaving
         : move.why == MoveOperation::Why::redrive ? entry->state == EntryState::ready
                                                   : entry->state != EntryState::leaving);
    if (!movable) status = ReceiptStatus::not_held;
  }
  if (status == ReceiptStatus::done) {
    auto stored = std::move(read_all({source_locked(entry->location())}).front());
    if (stored) {
      const bool fresh = move.why == MoveOperation::Why::redrive;
      auto& message = stored->message;
      if (fresh) {
        message.system.erase(std::string(kSource));
        message.system.erase(std::string(kReason));
      } else {
        message.system[std::string(kSource)] = from->name;
        if (!move.reason.empty()) message.system[std::string(kReason)] = move.reason;
      }
      Entry& moved = move.entry;
      moved.sequence = to->next_sequence++;
      moved.sent = fresh ? now() : entry->sent;
      moved.receives = fresh ? 0 : entry->receives;
      moved.first_received = fresh ? 0 : entry->first_received;
      moved.group = to->group_number(message.group);
      from->leave(move.sequence);
      const size_t start = group.size();
      encode_message(
          group, RecordKind::message,
          {to->id, moved.sequence, moved.sent, 0, moved.first_received, moved.receives, true},
          message);
      moved.generation = active_->header.generation;
      moved.offset = static_cast<uint32_t>(offset_ + start);
      moved.length = static_cast<uint32_t>(group.size() - start);
      encode_removed(group, from->id, {move.sequence});
      move.accepted = true;
    } else {
      log::error(
          "cannot move a message: it is set aside until the next start or the end of its retention",
          {{"queue", from->name}, {"sequence", move.sequence}, {"reason", stored.error().message}});
      status = ReceiptStatus::not_held;
      from->set_aside(move.sequence);
    }
  }
  if (by_store && !move.accepted && from != nullptr) from->stay(move.sequence);
  if (!by_store) result.receipts.push_back(status);
}

void StoreImpl::write_down_locked(Work& work, std::string& group) {
  auto& result = work.result;
  const auto write = [&](auto& operation) {
    using T = std::decay_t<decltype(operation)>;
    if constexpr (std::is_same_v<T, SendOperation>) {
      write_send(operation, result, group);
    } else if constexpr (std::is_same_v<T, RemoveOperation>) {
      write_remove(operation, result, group);
    } else if constexpr (std::is_same_v<T, VisibilityOperation>) {
      write_visibility(operation, result, group);
    } else if constexpr (std::is_same_v<T, PutOperation>) {
      encode_put(group, operation.key, operation.value);
    } else if constexpr (std::is_same_v<T, EraseOperation>) {
      encode_erase(group, operation.key);
    } else if constexpr (std::is_same_v<T, MoveOperation>) {
      write_move(operation, result, group);
    } else if constexpr (std::is_same_v<T, LeaseOperation>) {
      encode_leased(group, operation.queue, operation.from, operation.until, operation.items);
    } else if constexpr (std::is_same_v<T, ExpireOperation>) {
      encode_removed(group, operation.queue, operation.sequences);
    } else if constexpr (std::is_same_v<T, QueueOperation>) {
      encode_queue(group, operation.queue, operation.name, operation.settings);
    } else if constexpr (std::is_same_v<T, PurgeOperation>) {
      if (const auto* queue = state_.find(operation.queue)) {
        operation.through = queue->next_sequence - 1;
        encode_purged(group, operation.queue, operation.through);
      }
    } else if constexpr (std::is_same_v<T, DeleteOperation>) {
      encode_deleted(group, operation.queue);
    } else {
      static_assert(std::is_same_v<T, RelocateOperation>);
      auto* queue = state_.find(operation.queue);
      const Entry* entry = queue == nullptr ? nullptr : queue->find(operation.sequence);
      if (entry == nullptr || entry->generation != operation.from.generation ||
          entry->offset != operation.from.offset)
        return;
      operation.to = {active_->header.generation, static_cast<uint32_t>(offset_ + group.size()),
                      static_cast<uint32_t>(operation.record.size())};
      operation.record[kRecordHeader - 1] = static_cast<char>(RecordKind::relocated);
      group.append(operation.record);
    }
  };
  for (auto& operation : work.batch.operations()) std::visit(write, operation.what);
}

void StoreImpl::take_effect_locked(Work& work, std::vector<QueueId>& touched) {
  const auto apply = [&](auto& operation) {
    using T = std::decay_t<decltype(operation)>;
    if constexpr (std::is_same_v<T, SendOperation>) {
      auto* queue = operation.accepted ? state_.find(operation.queue) : nullptr;
      if (queue == nullptr) return;
      state_.add(*queue, operation.entry, true);
      touch(touched, queue->id);
    } else if constexpr (std::is_same_v<T, RemoveOperation>) {
      auto* queue = operation.sequence != 0 ? state_.find(operation.queue) : nullptr;
      if (queue == nullptr) return;
      state_.erase(*queue, operation.sequence);
      if (queue->settings().fifo) touch(touched, queue->id);
    } else if constexpr (std::is_same_v<T, VisibilityOperation>) {
      auto* queue = operation.sequence != 0 ? state_.find(operation.queue) : nullptr;
      const Entry* entry = queue == nullptr ? nullptr : queue->find(operation.sequence);
      if (entry == nullptr) return;
      if (operation.gives_back && entry->receives == operation.receives)
        queue->set_visibility(operation.sequence, 0, 0);
      touch(touched, queue->id);
    } else if constexpr (std::is_same_v<T, PutOperation>) {
      state_.records[std::move(operation.key)] = std::move(operation.value);
    } else if constexpr (std::is_same_v<T, EraseOperation>) {
      state_.records.erase(operation.key);
    } else if constexpr (std::is_same_v<T, MoveOperation>) {
      if (!operation.accepted) return;
      if (auto* queue = state_.find(operation.from)) {
        state_.erase(*queue, operation.sequence);
        touch(touched, queue->id);
      }
      if (auto* queue = state_.find(operation.to)) {
        state_.add(*queue, operation.entry, true);
        touch(touched, queue->id);
      }
    } else if constexpr (std::is_same_v<T, ExpireOperation>) {
      auto* queue = state_.find(operation.queue);
      if (queue == nullptr) return;
      for (const uint64_t sequence : operation.sequences) state_.erase(*queue, sequence);
      touch(touched, queue->id);
    } else if constexpr (std::is_same_v<T, QueueOperation>) {
      auto* queue = state_.find(operation.queue);
      if (queue != nullptr && queue->settings() == operation.settings) queue->stored = true;
    } else if constexpr (std::is_same_v<T, PurgeOperation>) {
      // Every message there arrived earlier in the log than the purge.
      if (auto* queue = state_.find(operation.queue)) state_.purge(*queue);
    } else if constexpr (std::is_same_v<T, DeleteOperation>) {
      if (auto* queue = state_.find(operation.queue))
        for (auto& waiter : queue->waiters) forsaken_.push_back(std::move(waiter.done));
      state_.destroy(operation.queue);
    } else if constexpr (std::is_same_v<T, RelocateOperation>) {
      auto* queue = operation.to.length != 0 ? state_.find(operation.queue) : nullptr;
      if (queue != nullptr) state_.relocate(*queue, operation.sequence, operation.to);
    }
  };
  for (auto& operation : work.batch.operations()) std::visit(apply, operation.what);
}

// The work was refused: what it held back may be had again.
void StoreImpl::take_back_locked(Work& work) {
  for (auto& operation : work.batch.operations()) {
    if (const auto* move = std::get_if<MoveOperation>(&operation.what)) {
      auto* queue =
          move->why == MoveOperation::Why::received_too_often ? state_.find(move->from) : nullptr;
      if (queue != nullptr) queue->stay(move->sequence);
    } else if (const auto* expire = std::get_if<ExpireOperation>(&operation.what)) {
      if (auto* queue = state_.find(expire->queue))
        for (const uint64_t sequence : expire->sequences) queue->stay(sequence);
    }
  }
}

}  // namespace belfry::queue

#include "queue/state.h"

#include <algorithm>

#include "base/check.h"

namespace belfry::queue {

QueueState* State::find(QueueId id) {
  const auto at = queues_.find(id);
  return at == queues_.end() ? nullptr : at->second.get();
}

QueueState* State::find(std::string_view name) {
  const auto at = names_.find(name);
  return at == names_.end() ? nullptr : find(at->second);
}

QueueState& State::define(QueueId id, std::string_view name, const QueueSettings& settings,
                          int64_t now) {
  next_queue = std::max(next_queue, id + 1);
  if (auto* queue = find(id)) {
    queue->change_settings(settings, now);
    return *queue;
  }
  auto queue =
      std::make_unique<QueueState>(id, std::string(name), settings, spill_, resident_pages);
  names_[queue->name] = id;
  return *queues_.emplace(id, std::move(queue)).first->second;
}

void State::hide(QueueId id) {
  const auto* queue = find(id);
  if (queue == nullptr) return;
  const auto name = names_.find(queue->name);
  if (name != names_.end() && name->second == id) names_.erase(name);
}

std::vector<std::string> State::queue_names() const {
  std::vector<std::string> out;
  for (const auto& [name, id] : names_) out.push_back(name);
  return out;
}

void State::destroy(QueueId id) {
  const auto at = queues_.find(id);
  if (at == queues_.end()) return;
  purge(*at->second);
  hide(id);
  queues_.erase(at);
}

void State::hold(const Entry& entry) {
  auto& live = live_[entry.generation];
  ++live.messages;
  live.bytes += entry.length;
}

void State::release(const Entry& entry) {
  const auto at = live_.find(entry.generation);
  BELFRY_CHECK(at != live_.end());
  at->second.bytes -= entry.length;
  if (--at->second.messages == 0) live_.erase(at);
}

State::Live State::live(uint32_t generation) const {
  const auto at = live_.find(generation);
  return at == live_.end() ? Live{} : at->second;
}

void State::add(QueueState& queue, const Entry& entry, bool promised) {
  if (queue.add(entry, promised)) hold(entry);
}

void State::erase(QueueState& queue, uint64_t sequence) {
  if (const auto entry = queue.erase(sequence)) release(*entry);
}

void State::purge(QueueState& queue) {
  released_.push_back(queue.purge_all());
}

bool State::release_some() {
  if (released_.empty()) return false;
  auto& pages = *released_.front();
  if (pages.count() == 0)
    released_.pop_front();
  else
    for (const auto& entry : pages.take_first_page()) release(entry);
  return !released_.empty();
}

void State::relocate(QueueState& queue, uint64_t sequence, const Location& to) {
  const Entry* entry = queue.find(sequence);
  if (entry == nullptr) return;
  release(*entry);
  queue.relocate(sequence, to);
  hold(*queue.find(sequence));
}

bool State::replay(const RecordView& record, const Location& where, int64_t now) {
  Decoder decoder(record.body);
  switch (record.kind) {
    case RecordKind::message:
    case RecordKind::relocated: {
      const auto head = decode_message_head(record.whole);
      if (!head) return false;
      auto* queue = find(head->facts.queue);
      if (queue == nullptr) return true;  // deleted later, and the checkpoint knows it
      if (record.kind == RecordKind::relocated) {
        relocate(*queue, head->facts.sequence, where);
        return true;
      }
      Entry entry;
      entry.sequence = head->facts.sequence;
      entry.sent = head->facts.sent;
      entry.first_received = head->facts.first_received;
      entry.receives = head->facts.receives;
      entry.generation = where.generation;
      entry.offset = where.offset;
      entry.length = where.length;
      entry.due = head->facts.visible_at;
      entry.state = entry.due > now ? EntryState::delayed : EntryState::ready;
      entry.group = queue->recovered_group(head->group);
      if (queue->settings().fifo) {
        if (!head->deduplication.empty() && !head->facts.moved) {
          const auto scope =
              queue->settings().deduplication_by_group ? head->group : std::string_view{};
          queue->deduplication.add(Deduplication::key(scope, head->deduplication),
                                   {head->id, entry.sequence, entry.sent});
        }
      }
      add(*queue, entry, false);
      return true;
    }
    case RecordKind::removed: {
      auto* queue = find(decoder.u32());
      for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
        const uint64_t sequence = decoder.varint();
        if (queue != nullptr && decoder.ok()) erase(*queue, sequence);
      }
      return decoder.ok();
    }
    case RecordKind::leased: {
      auto* queue = find(decoder.u32());
      const int64_t from = decoder.time();
      const int64_t until = decoder.time();
      for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
        LeaseItem item;
        item.sequence = decoder.varint();
        item.receives = static_cast<uint32_t>(decoder.varint());
        item.first_received = decoder.time();
        if (queue != nullptr && decoder.ok()) queue->lease(item, from, until);
      }
      return decoder.ok();
    }
    case RecordKind::visibility: {
      auto* queue = find(decoder.u32());
      const uint64_t sequence = decoder.u64();
      const int64_t until = decoder.time();
      if (queue != nullptr && decoder.ok()) queue->set_visibility(sequence, until, now);
      return decoder.ok();
    }
    case RecordKind::put: {
      std::string key(decoder.bytes());
      records[std::move(key)] = decoder.bytes();
      return decoder.ok();
    }
    case RecordKind::erase:
      records.erase(std::string(decoder.bytes()));
      return decoder.ok();
    case RecordKind::queue: {
      const QueueId id = decoder.u32();
      const auto name = decoder.bytes();
      const auto settings = decode_settings(decoder);
      if (!decoder.ok()) return false;
      // A number below the next that is not there was deleted after this record, and the checkpoint
      // knows it.
      if (find(id) != nullptr || id >= next_queue) define(id, name, settings, now);
      return true;
    }
    case RecordKind::purged: {
      auto* queue = find(decoder.u32());
      const uint64_t through = decoder.u64();
      if (queue == nullptr || !decoder.ok()) return decoder.ok();
      // The checkpoint that this is replayed over may have later messages.
      if (queue->pages().last_sequence() <= through)
        purge(*queue);
      else
        for (const auto& entry : queue->purge(through)) release(entry);
      return true;
    }
    case RecordKind::deleted:
      destroy(decoder.u32());
      return decoder.ok();
    case RecordKind::sealed:
      return true;
  }
  return false;
}

}  // namespace belfry::queue

#include "pipeline/checkpoint.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>

#include "base/bytes.h"
#include "base/json.h"

namespace belfry::pipeline {
namespace {

using simdjson::dom::element;

constexpr size_t kMostKinds = std::size(event::kKindNames);

void append_place(std::string& out, const Place& place) {
  out += fmt::format(R"({{"block":{},"transaction":{},"kind":"{}","index":{}}})", place.block,
                     place.transaction, event::name(place.kind), place.index);
}

std::optional<Place> read_place(element from) {
  Place place;
  uint64_t transaction = 0, index = 0;
  std::string_view kind;
  if (from["block"].get(place.block) || from["transaction"].get(transaction) ||
      from["kind"].get(kind) || from["index"].get(index) || transaction > UINT32_MAX ||
      index > UINT32_MAX) {
    return {};
  }
  place.transaction = static_cast<uint32_t>(transaction);
  place.index = static_cast<uint32_t>(index);
  for (size_t i = 0; i < kMostKinds; ++i) {
    if (event::kKindNames[i] == kind) {
      place.kind = static_cast<event::Kind>(i);
      return place;
    }
  }
  return {};
}

std::optional<Checkpoint::Gap> read_gap(element from) {
  Checkpoint::Gap gap;
  uint64_t transaction = 0, index = 0, count = 0;
  std::string_view hash;
  if (from["block"].get(gap.block) || from["transaction"].get(transaction) ||
      from["index"].get(index) || from["count"].get(count) || from["time"].get(gap.time) ||
      from["block_hash"].get(hash) || transaction > UINT32_MAX || index > UINT32_MAX ||
      count > UINT32_MAX - index) {
    return {};
  }
  const auto bytes = unhex(hash);
  if (!bytes || bytes->size() != sizeof(Hash256)) return {};
  gap.transaction = static_cast<uint32_t>(transaction);
  gap.index = static_cast<uint32_t>(index);
  gap.count = static_cast<uint32_t>(count);
  gap.block_hash = *bytes;
  return gap;
}

}  // namespace

Place place_of(const event::Position& position) {
  return {position.block, position.transaction, position.kind, position.index};
}

Place just_after(const Place& place) {
  Place next = place;
  ++next.index;
  return next;
}

std::string to_string(const Place& place) {
  return fmt::format("{}/{}/{}/{}", place.block, place.transaction, event::name(place.kind),
                     place.index);
}

int64_t Checkpoint::Gap::seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool holds(const Checkpoint::Gap& gap, const Place& write) {
  return write.kind == event::Kind::write && write.block == gap.block &&
         write.transaction == gap.transaction && write.index >= gap.index &&
         write.index - gap.index < gap.count;
}

bool add_gap(std::vector<Checkpoint::Gap>& gaps, Checkpoint::Gap gap, size_t most) {
  const Place place{gap.block, gap.transaction, event::Kind::write, gap.index};
  for (const Checkpoint::Gap& other : gaps)
    if (holds(other, place)) return true;
  if (!gaps.empty()) {
    Checkpoint::Gap& last = gaps.back();
    if (last.block == gap.block && last.transaction == gap.transaction &&
        last.index + last.count == gap.index) {
      last.count += gap.count;
      return true;
    }
  }
  if (gaps.size() >= most) return false;
  gaps.push_back(std::move(gap));
  return true;
}

std::string encode(const Checkpoint& checkpoint) {
  std::string out = fmt::format(R"({{"version":{},"channel":)", Checkpoint::kVersion);
  append_json_string(out, checkpoint.channel);
  out += R"(,"genesis":)";
  append_json_string(out, checkpoint.genesis);
  out += R"(,"next":)";
  append_place(out, checkpoint.next);
  out += R"(,"last_transaction_id":)";
  append_json_string(out, checkpoint.last_transaction_id);
  out += fmt::format(R"(,"previous_block_hash":"{}","acknowledged":[)",
                     hex(checkpoint.previous_block_hash));
  for (size_t i = 0; i < checkpoint.acknowledged.size(); ++i) {
    if (i > 0) out += ',';
    append_place(out, checkpoint.acknowledged[i]);
  }
  out += R"(],"gaps":[)";
  for (size_t i = 0; i < checkpoint.gaps.size(); ++i) {
    const Checkpoint::Gap& gap = checkpoint.gaps[i];
    out += fmt::format(
        R"({}{{"block":{},"transaction":{},"index":{},"count":{},"time":{},"block_hash":"{}"}})",
        i > 0 ? "," : "", gap.block, gap.transaction, gap.index, gap.count, gap.time,
        hex(gap.block_hash));
  }
  out += fmt::format(R"(],"epoch":{}}})", checkpoint.epoch);
  return out;
}

Result<Checkpoint> decode_checkpoint(std::string_view text) {
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(simdjson::padded_string(text)).get(root)) {
    return fail(fmt::format("the checkpoint is not JSON: {}", simdjson::error_message(error)));
  }
  int64_t version = 0;
  if (root["version"].get(version) || version < 1) return fail("the checkpoint has no version");
  if (version > Checkpoint::kVersion) {
    return fail(
        fmt::format("the checkpoint has format version {}, this belfry knows {}: a newer "
                    "belfry wrote it, run that one",
                    version, Checkpoint::kVersion));
  }
  Checkpoint checkpoint;
  std::string_view channel, genesis, last, hash;
  element next;
  simdjson::dom::array acknowledged, gaps;
  if (root["channel"].get(channel) || root["genesis"].get(genesis) || root["next"].get(next) ||
      root["last_transaction_id"].get(last) || root["previous_block_hash"].get(hash) ||
      root["acknowledged"].get(acknowledged) || root["gaps"].get(gaps) ||
      root["epoch"].get(checkpoint.epoch)) {
    return fail("the checkpoint lacks a field or has one of the wrong type");
  }
  const auto place = read_place(next);
  const auto bytes = unhex(hash);
  if (!place) return fail("the checkpoint's next place is malformed");
  if (!bytes || (!bytes->empty() && bytes->size() != sizeof(Hash256))) {
    return fail("the checkpoint's previous_block_hash is not a hash in hex");
  }
  checkpoint.channel = channel;
  checkpoint.genesis = genesis;
  checkpoint.next = *place;
  checkpoint.last_transaction_id = last;
  checkpoint.previous_block_hash = *bytes;
  for (const element item : acknowledged) {
    const auto acknowledged_place = read_place(item);
    if (!acknowledged_place)
      return fail("the checkpoint's list of acknowledged events is malformed");
    checkpoint.acknowledged.push_back(*acknowledged_place);
  }
  for (const element item : gaps) {
    const auto gap = read_gap(item);
    if (!gap) return fail("the checkpoint's list of gaps is malformed");
    checkpoint.gaps.push_back(*gap);
  }
  return checkpoint;
}

std::string checkpoint_key(std::string_view listener, std::string_view destination) {
  return fmt::format("place/{}/{}", listener, destination);
}

}  // namespace belfry::pipeline

#include "ledger/read_write_set.h"

#include <algorithm>

#include "decode/wire.h"

// Field numbers are those of Fabric's ledger/rwset/rwset.proto and
// ledger/rwset/kvrwset/kv_rwset.proto.
namespace belfry::ledger {
namespace {

namespace wire = decode::wire;
using wire::take_text;

// A version that is there counts even when it is empty: block 0, transaction 0.
bool read_version(std::string_view message, std::optional<Version>& out) {
  Version version;
  wire::Reader fields(message);
  while (fields.next()) {
    if (fields.tag() == wire::varint(1)) version.block = fields.value();
    if (fields.tag() == wire::varint(2)) version.transaction = fields.value();
  }
  out = version;
  return !fields.damaged();
}

// A key is text, its hash any bytes.
bool take_key(std::string_view& into, std::string_view bytes, bool hashed) {
  if (!hashed) return take_text(into, bytes);
  into = bytes;
  return true;
}

// KVRead, KVReadHash
bool read_read(std::string_view message, bool hashed, KeyRead& out) {
  wire::Reader fields(message);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_key(out.key, fields.bytes(), hashed);
    if (fields.tag() == wire::bytes(2)) good &= read_version(fields.bytes(), out.version);
  }
  return good && !fields.damaged();
}

bool read_raw_reads(std::string_view message, RangeRead& out) {
  wire::Reader fields(message);
  while (fields.next())
    if (fields.tag() == wire::bytes(1) &&
        !read_read(fields.bytes(), false, out.reads.emplace_back()))
      return false;
  return !fields.damaged();
}

bool read_merkle(std::string_view message, RangeRead& out) {
  out.hashed = true;
  wire::Reader fields(message);
  while (fields.next()) {
    if (fields.tag() == wire::varint(1)) out.max_degree = static_cast<uint32_t>(fields.value());
    if (fields.tag() == wire::varint(2)) out.max_level = static_cast<uint32_t>(fields.value());
    if (fields.tag() == wire::bytes(3)) out.max_level_hashes.push_back(fields.bytes());
  }
  return !fields.damaged();
}

bool read_range(std::string_view message, RangeRead& out) {
  wire::Reader fields(message);
  bool good = true;
  while (good && fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        good = take_text(out.start, fields.bytes());
        break;
      case wire::bytes(2):
        good = take_text(out.end, fields.bytes());
        break;
      case wire::varint(3):
        out.exhausted = fields.value() != 0;
        break;
      case wire::bytes(4):  // the last of the two counts, being a oneof
        out.hashed = false;
        good = read_raw_reads(fields.bytes(), out);
        break;
      case wire::bytes(5):
        good = read_merkle(fields.bytes(), out);
        break;
      default:
        break;
    }
  }
  return good && !fields.damaged();
}

bool read_write(std::string_view message, bool hashed, KeyWrite& out) {
  wire::Reader fields(message);
  bool good = true;
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        good &= take_key(out.key, fields.bytes(), hashed);
        break;
      case wire::varint(2):
        out.is_delete = fields.value() != 0;
        break;
      case wire::bytes(3):
        out.value = fields.bytes();
        break;
      case wire::varint(4):
        out.is_purge = hashed && fields.value() != 0;
        break;
      default:
        break;
    }
  }
  if (out.value.empty()) out.is_delete = true;
  return good && !fields.damaged();
}

bool read_metadata(std::string_view message, bool hashed, KeyMetadata& out) {
  wire::Reader fields(message);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_key(out.key, fields.bytes(), hashed);
    if (fields.tag() == wire::bytes(2)) {
      MetadataEntry entry;
      good &= read_metadata_entry(fields.bytes(), entry);
      out.entries.push_back(fields.bytes());
    }
  }
  return good && !fields.damaged();
}

// KVRWSet{1 reads, 2 ranges, 3 writes, 4 metadata writes}; HashedRWSet, which knows no ranges,
// {1 reads, 2 writes, 3 metadata writes}.
bool read_set(std::string_view message, bool hashed, KeySet& out) {
  const uint32_t writes = wire::bytes(hashed ? 2 : 3), metadata = wire::bytes(hashed ? 3 : 4);
  wire::Reader fields(message);
  bool good = true;
  while (good && fields.next()) {
    const auto tag = fields.tag();
    if (tag == wire::bytes(1))
      good = read_read(fields.bytes(), hashed, out.reads.emplace_back());
    else if (tag == writes)
      good = read_write(fields.bytes(), hashed, out.writes.emplace_back());
    else if (tag == metadata)
      good = read_metadata(fields.bytes(), hashed, out.metadata.emplace_back());
    else if (tag == wire::bytes(2))
      good = read_range(fields.bytes(), out.ranges.emplace_back());
  }
  return good && !fields.damaged();
}

bool read_collection(std::string_view message, CollectionSet& out) {
  wire::Reader fields(message);
  std::string_view set;
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_text(out.collection, fields.bytes());
    if (fields.tag() == wire::bytes(2)) set = fields.bytes();
    if (fields.tag() == wire::bytes(3)) out.private_hash = fields.bytes();
  }
  return good && !fields.damaged() && read_set(set, true, out.hashed);
}

bool read_namespace(std::string_view message, NamespaceSet& out) {
  wire::Reader fields(message);
  std::string_view set;
  bool good = true;
  while (good && fields.next()) {
    if (fields.tag() == wire::bytes(1)) good = take_text(out.name_space, fields.bytes());
    if (fields.tag() == wire::bytes(2)) set = fields.bytes();
    if (fields.tag() == wire::bytes(3))
      good = read_collection(fields.bytes(), out.collections.emplace_back());
  }
  return good && !fields.damaged() && read_key_set(set, out.set);
}

}  // namespace

bool NamespaceSet::changes() const {
  return set.changes() || std::any_of(collections.begin(), collections.end(),
                                      [](const auto& c) { return c.hashed.changes(); });
}

bool read_key_set(std::string_view bytes, KeySet& out) {
  return read_set(bytes, false, out);
}

bool read_sets(std::string_view results, std::vector<NamespaceSet>& out) {
  out.clear();
  wire::Reader fields(results);
  bool good = true;
  while (good && fields.next())
    if (fields.tag() == wire::bytes(2)) good = read_namespace(fields.bytes(), out.emplace_back());
  if (good && !fields.damaged()) return true;
  out.clear();
  return false;
}

bool read_private_sets(std::string_view set, std::vector<PrivateCollection>& out) {
  out.clear();
  wire::Reader spaces(set);
  while (spaces.next()) {
    if (spaces.tag() != wire::bytes(2)) continue;
    std::string_view name_space;
    const size_t first = out.size();
    wire::Reader fields(spaces.bytes());
    while (fields.next()) {
      if (fields.tag() == wire::bytes(1) && !take_text(name_space, fields.bytes())) return false;
      if (fields.tag() != wire::bytes(2)) continue;
      PrivateCollection& found = out.emplace_back();
      wire::Reader parts(fields.bytes());
      while (parts.next()) {
        if (parts.tag() == wire::bytes(1) && !take_text(found.collection, parts.bytes()))
          return false;
        if (parts.tag() == wire::bytes(2)) found.bytes = parts.bytes();
      }
      if (parts.damaged()) return false;
    }
    if (fields.damaged()) return false;
    for (size_t i = first; i < out.size(); ++i) out[i].name_space = name_space;
  }
  return !spaces.damaged();
}

bool read_metadata_entry(std::string_view bytes, MetadataEntry& out) {
  wire::Reader fields(bytes);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_text(out.name, fields.bytes());
    if (fields.tag() == wire::bytes(2)) out.value = fields.bytes();
  }
  return good && !fields.damaged();
}

std::string join_metadata(const std::vector<std::string_view>& entries) {
  std::string joined;
  for (std::string_view entry : entries) {
    joined += static_cast<char>(wire::bytes(2));
    for (size_t size = entry.size();; size >>= 7) {
      joined += static_cast<char>(size < 0x80 ? size : size | 0x80);
      if (size < 0x80) break;
    }
    joined += entry;
  }
  return joined;
}

std::optional<std::string_view> find_metadata(std::string_view joined, std::string_view name) {
  std::optional<std::string_view> found;
  wire::Reader fields(joined);
  while (fields.next()) {
    MetadataEntry entry;
    if (fields.tag() == wire::bytes(2) && read_metadata_entry(fields.bytes(), entry) &&
        entry.name == name)
      found = entry.value;
  }
  return found;
}

}  // namespace belfry::ledger

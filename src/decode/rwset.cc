#include "decode/rwset.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "decode/wire.h"

// Field numbers are those of Fabric's ledger/rwset/rwset.proto and
// ledger/rwset/kvrwset/kv_rwset.proto.
namespace belfry::decode {
namespace {

using wire::Reader;
using wire::take_text;

bool read_write(std::string_view message, Write& out) {
  Reader fields(message);
  bool good = true;
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        good &= take_text(out.key, fields.bytes());
        break;
      case wire::varint(2):
        out.is_delete = fields.value() != 0;
        break;
      case wire::bytes(3):
        out.value = fields.bytes();
        break;
      default:
        break;
    }
  }
  return good && !fields.damaged();
}

bool read_metadata_write(std::string_view message, MetadataWrite& out) {
  Reader fields(message);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_text(out.key, fields.bytes());
    if (fields.tag() != wire::bytes(2)) continue;
    std::string_view name;
    Reader entry(fields.bytes());
    while (entry.next())
      if (entry.tag() == wire::bytes(1)) good &= take_text(name, entry.bytes());
    good &= !entry.damaged();
    out.names.push_back(name);
  }
  return good && !fields.damaged();
}

bool read_kv_set(std::string_view message, std::string_view name_space, Detail detail,
                 ReadWriteSet& out) {
  Reader fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        ++out.reads;
        break;
      case wire::bytes(2):
        ++out.range_queries;
        break;
      case wire::bytes(3): {
        auto& write = out.writes.emplace_back();
        write.name_space = name_space;
        if (!read_write(fields.bytes(), write)) return false;
        break;
      }
      case wire::bytes(4): {
        if (detail != Detail::all) break;
        auto& write = out.metadata_writes.emplace_back();
        write.name_space = name_space;
        if (!read_metadata_write(fields.bytes(), write)) return false;
        break;
      }
      default:
        break;
    }
  }
  return !fields.damaged();
}

bool read_hashed_write(std::string_view message, HashedWrite& out) {
  Reader fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        out.key_hash = fields.bytes();
        break;
      case wire::varint(2):
        out.is_delete = fields.value() != 0;
        break;
      case wire::bytes(3):
        out.value_hash = fields.bytes();
        break;
      case wire::varint(4):
        out.is_purge = fields.value() != 0;
        break;
      default:
        break;
    }
  }
  return !fields.damaged();
}

bool read_hashed_set(std::string_view message, HashedCollection& out) {
  Reader fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        ++out.reads;
        break;
      case wire::bytes(2):
        if (!read_hashed_write(fields.bytes(), out.writes.emplace_back())) return false;
        break;
      case wire::bytes(3):
        ++out.metadata_writes;
        break;
      default:
        break;
    }
  }
  return !fields.damaged();
}

bool read_collection(std::string_view message, HashedCollection& out) {
  Reader fields(message);
  std::string_view set;
  bool good = true;
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        good &= take_text(out.collection, fields.bytes());
        break;
      case wire::bytes(2):
        set = fields.bytes();
        break;
      case wire::bytes(3):
        out.rwset_hash = fields.bytes();
        break;
      default:
        break;
    }
  }
  return good && !fields.damaged() && read_hashed_set(set, out);
}

bool read_namespace(std::string_view message, Detail detail, ReadWriteSet& out) {
  std::string_view name_space, set;
  const size_t first_collection = out.collections.size();
  Reader fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        if (!take_text(name_space, fields.bytes())) return false;
        break;
      case wire::bytes(2):
        set = fields.bytes();
        break;
      case wire::bytes(3):
        if (detail == Detail::writes) break;
        if (!read_collection(fields.bytes(), out.collections.emplace_back())) return false;
        break;
      default:
        break;
    }
  }
  for (size_t i = first_collection; i < out.collections.size(); ++i)
    out.collections[i].name_space = name_space;
  return !fields.damaged() && read_kv_set(set, name_space, detail, out);
}

void clear(ReadWriteSet& set) {
  set.writes.clear();
  set.collections.clear();
  set.metadata_writes.clear();
  set.reads = set.range_queries = 0;
}

// The places of one collection's hashed writes by key hash.
struct Places {
  const HashedCollection* collection = nullptr;  // none: the block knows no such collection
  uint32_t before = 0;                           // hashed writes of the collections in front
  std::unordered_map<std::string_view, uint32_t> by_key_hash;
};

Places places_of(const std::vector<HashedCollection>& collections, std::string_view name_space,
                 std::string_view name) {
  Places places;
  for (const auto& collection : collections) {
    if (collection.name_space == name_space && collection.collection == name) {
      places.collection = &collection;
      for (size_t i = 0; i < collection.writes.size(); ++i)
        places.by_key_hash.emplace(collection.writes[i].key_hash, static_cast<uint32_t>(i));
      break;
    }
    places.before += static_cast<uint32_t>(collection.writes.size());
  }
  return places;
}

// False if the block holds no such hash.
bool find_place(const Places& places, const Write& write, uint32_t& place) {
  const Hash256 key = sha256(write.key);
  const auto found = places.by_key_hash.find(view(key));
  if (found == places.by_key_hash.end()) return false;
  const HashedWrite& hashed = places.collection->writes[found->second];
  if (hashed.is_delete != write.is_delete) return false;
  if (!write.is_delete && hashed.value_hash != view(sha256(write.value))) return false;
  place = places.before + found->second;
  return true;
}

// CollectionPvtReadWriteSet{1: name, 2: serialized KVRWSet}
bool read_private_collection(std::string_view message, std::string_view& name, ReadWriteSet& set) {
  Reader fields(message);
  std::string_view bytes;
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_text(name, fields.bytes());
    if (fields.tag() == wire::bytes(2)) bytes = fields.bytes();
  }
  return good && !fields.damaged() && read_kv_set(bytes, {}, Detail::writes, set);
}

// NsPvtReadWriteSet{1: namespace, 2: repeated collections}
bool read_private_namespace(std::string_view message,
                            const std::vector<HashedCollection>& collections,
                            std::vector<PrivateWrite>& out) {
  std::string_view name_space;
  Reader names(message);
  while (names.next())
    if (names.tag() == wire::bytes(1) && !take_text(name_space, names.bytes())) return false;
  if (names.damaged()) return false;
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() != wire::bytes(2)) continue;
    ReadWriteSet set;
    std::string_view collection;
    if (!read_private_collection(fields.bytes(), collection, set)) return false;
    const Places places = places_of(collections, name_space, collection);
    for (const auto& write : set.writes) {
      uint32_t place;
      if (find_place(places, write, place))
        out.push_back({name_space, collection, write.key, write.value, write.is_delete, place});
    }
  }
  return true;
}

}  // namespace

bool read_rwset(std::string_view results, Detail detail, ReadWriteSet& out) {
  clear(out);
  Reader fields(results);
  bool good = true;
  while (good && fields.next())
    if (fields.tag() == wire::bytes(2)) good = read_namespace(fields.bytes(), detail, out);
  if (good && !fields.damaged()) return true;
  clear(out);
  return false;
}

bool read_private_writes(std::string_view private_set,
                         const std::vector<HashedCollection>& collections,
                         std::vector<PrivateWrite>& out) {
  out.clear();
  Reader fields(private_set);
  bool good = true;
  while (good && fields.next())
    if (fields.tag() == wire::bytes(2))
      good = read_private_namespace(fields.bytes(), collections, out);
  good = good && !fields.damaged();
  if (!good) out.clear();
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.place < b.place; });
  const auto same = [](const auto& a, const auto& b) { return a.place == b.place; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return good;
}

}  // namespace belfry::decode

#include "ledger/state.h"

#include "base/hash.h"
#include "ledger/encode.h"

namespace belfry::ledger {
namespace {

template <class Map>
auto* find_in(Map& spaces, Space space) {
  auto found = spaces.find(space);
  return found != spaces.end() ? &found->second : nullptr;
}

template <class Map>
auto* find_in(Map& spaces, Space space, std::string_view key) {
  auto* keys = find_in(spaces, space);
  using Found = decltype(&keys->begin()->second);
  if (keys == nullptr) return static_cast<Found>(nullptr);
  auto found = keys->find(key);
  return found != keys->end() ? &found->second : static_cast<Found>(nullptr);
}

template <class Map>
auto& keys_of(Map& spaces, Space space) {
  auto found = spaces.find(space);
  if (found == spaces.end())
    found =
        spaces.try_emplace({std::string(space.name_space), std::string(space.collection)}).first;
  return found->second;
}

template <class Map, class T>
void put_in(Map& spaces, Space space, std::string_view key, T value) {
  auto& keys = keys_of(spaces, space);
  auto found = keys.lower_bound(key);
  if (found != keys.end() && found->first == key)
    found->second = std::move(value);
  else
    keys.emplace_hint(found, std::string(key), std::move(value));
}

// Fabric's util.EncodeOrderPreservingVarUint64: how many bytes, then these, big-endian.
void append_ordered(std::string& out, uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const char byte = static_cast<char>(value >> shift);
    if (byte != 0 || !bytes.empty()) bytes += byte;
  }
  append_counted(out, bytes);
}

}  // namespace

const Value* State::find(Space space, std::string_view key) const {
  return find_in(spaces_, space, key);
}

const Keys<Value>* State::find(Space space) const {
  return find_in(spaces_, space);
}

void State::put(Space space, std::string_view key, Value value) {
  put_in(spaces_, space, key, std::move(value));
}

void State::erase(Space space, std::string_view key) {
  auto* keys = find_in(spaces_, space);
  if (keys == nullptr) return;
  auto found = keys->find(key);
  if (found != keys->end()) keys->erase(found);
}

const Updates::Change* Updates::find(Space space, std::string_view key) const {
  return find_in(spaces_, space, key);
}

const Keys<Updates::Change>* Updates::find(Space space) const {
  return find_in(spaces_, space);
}

void Updates::put(Space space, std::string_view key, Value value) {
  const Version version = value.version;
  put_in(spaces_, space, key, Change{std::move(value), version});
}

void Updates::erase(Space space, std::string_view key, const Version& version) {
  put_in(spaces_, space, key, Change{std::nullopt, version});
}

void Updates::apply_to(State& state) const {
  for (const auto& [name, keys] : spaces_) {
    const Space space = SpaceOrder::view(name);
    for (const auto& [key, change] : keys) {
      if (change.value)
        state.put(space, key, *change.value);
      else
        state.erase(space, key);
    }
  }
}

// Updates{1: repeated KVWrite{1 namespace, 2 collection, 3 key, 4 is delete, 5 value, 6 version}};
// namespace and collection stand only where they begin (Fabric's txmgr/update_batch_bytes.go). The
// configuration, in the namespace without a name, is left out.
std::string commit_hash(std::string_view codes, const Updates& updates, std::string_view before) {
  std::string hashed;
  append_counted(hashed, codes);
  std::string_view current;
  std::string write, version;
  for (const auto& [name, keys] : updates.all()) {
    const auto& [name_space, collection] = name;
    if (name_space.empty()) continue;
    bool first = true;
    for (const auto& [key, change] : keys) {
      write.clear();
      if (first && name_space != current) append_field(write, 1, std::string_view(name_space));
      if (first && !collection.empty()) append_field(write, 2, std::string_view(collection));
      if (!key.empty()) append_field(write, 3, std::string_view(key));
      if (!change.value) append_field(write, 4, uint64_t{1});
      if (change.value && !change.value->bytes.empty())
        append_field(write, 5, std::string_view(change.value->bytes));
      version.clear();
      append_ordered(version, change.version.block);
      append_ordered(version, change.version.transaction);
      append_field(write, 6, std::string_view(version));
      append_field(hashed, 1, std::string_view(write));
      first = false;
    }
    current = name_space;
  }
  hashed += before;
  return std::string(view(sha256(hashed)));
}

}  // namespace belfry::ledger

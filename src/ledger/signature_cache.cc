#include "ledger/signature_cache.h"

#include <cstring>
#include <utility>

namespace belfry::ledger {
namespace {

// Lengths go in, so that no two triples run into the same bytes.
Hash256 key_of(std::string_view identity, std::string_view message, std::string_view signature) {
  const uint64_t sizes[] = {identity.size(), message.size(), signature.size()};
  Sha256 hash;
  hash.add({reinterpret_cast<const char*>(sizes), sizeof(sizes)});
  hash.add(identity);
  hash.add(message);
  hash.add(signature);
  return hash.finish();
}

}  // namespace

size_t SignatureCache::First8::operator()(const Hash256& hash) const {
  size_t first;
  std::memcpy(&first, hash.data(), sizeof(first));
  return first;
}

bool SignatureCache::known(const Hash256& key) {
  std::lock_guard lock(mutex_);
  return recent_.contains(key) || older_.contains(key);
}

void SignatureCache::add(const Hash256& key) {
  std::lock_guard lock(mutex_);
  if (recent_.size() >= limit_) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_.insert(key);
}

void SignatureCache::remember(std::string_view identity, std::string_view message,
                              std::string_view signature) {
  add(key_of(identity, message, signature));
}

bool SignatureCache::verify(const msp::Member& member, std::string_view identity,
                            std::string_view message, std::string_view signature) {
  const Hash256 key = key_of(identity, message, signature);
  if (known(key)) return true;
  if (!member.certificate().verify(message, signature)) return false;
  add(key);
  return true;
}

}  // namespace belfry::ledger

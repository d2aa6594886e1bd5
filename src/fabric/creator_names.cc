#include "fabric/creator_names.h"

#include <cstring>

#include "decode/transaction.h"
#include "msp/certificate.h"

namespace belfry::fabric {

size_t CreatorNames::First8::operator()(const Hash256& hash) const {
  size_t value;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

std::string_view CreatorNames::name(std::string_view identity) {
  const Hash256 key = sha256(identity);
  std::lock_guard lock(mutex_);
  if (const auto found = recent_.find(key); found != recent_.end()) return found->second;
  if (recent_.size() >= limit_) {
    older_ = std::move(recent_);
    recent_ = {};
  }
  if (auto node = older_.extract(key)) return recent_.insert(std::move(node)).position->second;
  decode::Identity parts;
  if (!decode::read_identity(identity, parts)) return {};
  const auto certificate = msp::Certificate::from_pem(parts.certificate);
  return recent_.emplace(key, certificate ? certificate->common_name() : std::string())
      .first->second;
}

}  // namespace belfry::fabric

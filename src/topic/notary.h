// The key that notifications are signed with, and its certificate. It is made when it is first
// needed and kept in the store ("sns/signing-key"), so that a subscriber who has the certificate
// goes on trusting it after a restart.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "queue/store.h"

namespace belfry::topic {

inline constexpr std::string_view kSigningKey = "sns/signing-key";

class Notary {
 public:
  // Both must outlive it.
  Notary(queue::Store& store, Clock& clock);
  ~Notary();

  // RSASSA-PKCS1-v1_5 with SHA-1 (version 1) or SHA-256 (version 2), in base64. Thread-safe.
  std::string sign(std::string_view text, int version);
  std::string certificate();  // PEM
  std::string file_name();    // "SimpleNotificationService-<32 hex digits>.pem"

 private:
  struct Key;
  const Key& key();

  queue::Store& store_;
  Clock& clock_;
  std::once_flag once_;
  std::unique_ptr<Key> key_;
};

}  // namespace belfry::topic

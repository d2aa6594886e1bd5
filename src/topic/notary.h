// The key that notifications are signed with, and its certificate. It is made when it is first
// needed and kept in the store ("sns/signing-key"), so that a subscriber who has the certificate
// goes on trusting it after a restart.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "queue/store.h"

namespace belfry::topic {

inline constexpr std::string_view kSigningKey = "sns/signing-key";

class Notary {
 public:
  // Both must outlive it.
  Notary(queue::Store& store, Clock& clock);
  ~Notary();

  // RSASSA-PKCS1-v1_5 with SHA-1 (version 1) or SHA-256 (version 2), in base64. Thread-safe. A
  // signature costs more than all the rest of a delivery, and all subscribers of a message get the
  // same: the last kRemembered are kept, and who asks while one is being made waits for it.
  std::string sign(std::string_view text, int version);
  static constexpr size_t kRemembered = 1024;  // of about 0.5 KiB
  size_t made() const;                         // signatures, remembered ones not counted
  std::string certificate();                   // PEM
  std::string file_name();                     // "SimpleNotificationService-<32 hex digits>.pem"

 private:
  struct Key;
  struct Signature {
    std::once_flag once;
    std::string text;
  };
  const Key& key();
  std::string make(std::string_view text, int version);
  std::shared_ptr<Signature> remembered(const std::string& what);

  queue::Store& store_;
  Clock& clock_;
  std::once_flag once_;
  std::unique_ptr<Key> key_;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Signature>> signatures_;  // by digest and version
  std::deque<std::string> order_;  // of signatures_, the oldest first
  size_t made_ = 0;
};

}  // namespace belfry::topic

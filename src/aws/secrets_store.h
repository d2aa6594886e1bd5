// The secrets that a belfry keeps: what each is called and tagged, its versions and their stages,
// and its values, sealed under the master key (base/sealed.h). Everything is in the queue store, as
// records that docs/formats/secrets.md describes, so a change is durable when the call returns.
//
// Under it lies queue::Store; above it the Secrets Manager's actions (secrets_manager.h), `belfry
// secret`, and whatever takes its identity or passwords from secrets. Values are never logged.
//
// Thread-safe. A change waits for the disk, which rare changes can afford: not to be called from a
// store's callback.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/sealed.h"
#include "queue/store.h"

namespace belfry::aws {

inline constexpr std::string_view kCurrent = "AWSCURRENT", kPrevious = "AWSPREVIOUS",
                                  kPending = "AWSPENDING";

struct SecretVersion {
  std::string id;
  int64_t created = 0;              // milliseconds of the Unix epoch, as all times here
  int64_t accessed = 0;             // the day; 0: never
  std::vector<std::string> stages;  // in the order they were given
  bool has(std::string_view stage) const;
};

struct SecretRecord {
  std::string name, arn, description, kms_key, policy;
  int64_t created = 0, changed = 0, accessed = 0, rotated = 0;
  int64_t deleted = 0;  // when it was marked for deletion; 0: it was not
  int64_t ends = 0;     // when a marked one goes for good
  std::vector<std::pair<std::string, std::string>> tags;
  bool tagged = false;  // it has, or once had, tags: then an empty list is shown, too
  std::vector<SecretVersion> versions;  // oldest first

  SecretVersion* version(std::string_view id);
  SecretVersion* staged(std::string_view stage);
  // Moves a stage label to a version; AWSCURRENT leaves AWSPREVIOUS where it was, and takes
  // AWSPENDING away from there.
  void stage(std::string_view stage, SecretVersion& to);
  void unstage(std::string_view stage);
};

struct SecretValue {
  bool binary = false;
  std::string bytes;
  bool operator==(const SecretValue&) const = default;
};

class SecretsStore {
 public:
  // All must outlive it.
  SecretsStore(queue::Store& store, Clock& clock, Random& random, MasterKey key);

  // By name, by ARN, or by an ARN without its last seven characters. Those whose time is over are
  // gone.
  std::optional<SecretRecord> find(std::string_view name_or_arn);
  std::vector<SecretRecord> all();  // by name
  // With its AWSCURRENT version: for belfry's own use.
  Result<std::string> current(std::string_view name_or_arn);

  Result<SecretValue> value(const SecretRecord& secret, std::string_view version) const;

  // Stores the record and, if given, a version's value; versions without stages beyond the newest
  // hundred go. An error says what the disk said.
  Result<void> save(SecretRecord& secret, std::string_view version = {},
                    const SecretValue* value = nullptr);
  // Notes the day, once a day.
  void accessed(SecretRecord secret, std::string_view version);
  Result<void> erase(const SecretRecord& secret);

  // Held around what reads and then writes.
  std::unique_lock<std::recursive_mutex> lock() { return std::unique_lock(mutex_); }

  int64_t now() const;  // milliseconds
  Random& random() { return random_; }
  const MasterKey& key() const { return key_; }
  queue::Store& store() { return store_; }

 private:
  std::recursive_mutex mutex_;
  queue::Store& store_;
  Clock& clock_;
  Random& random_;
  const MasterKey key_;
};

// Whether what is stored was sealed under this key, checked at the start so that a wrong key is
// noticed before anybody asks. A store without secrets takes the key for its own.
Result<void> check_master_key(queue::Store& store, const MasterKey& key);

}  // namespace belfry::aws

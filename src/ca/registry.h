// The CA's memory: identities, certificates issued, affiliations, and the authority's own key. All
// of it is held in memory and, unless the CA is ephemeral, in a store on disk: a change is durable
// before it takes effect.
//
// Not thread-safe: its Ca guards it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "ca/records.h"
#include "queue/store.h"

namespace belfry::ca {

// What becomes durable together.
struct Change {
  std::vector<Identity> identities;  // new ones have number 0
  std::vector<std::string> removed_identities;
  std::vector<IssuedCertificate> certificates;               // new ones have number 0
  std::set<std::string> affiliations, removed_affiliations;  // removed first
  std::map<std::string, std::string> notes;  // small texts, such as the authority's sealed key
};

class Registry {
 public:
  // An empty folder: nothing is kept. files, clock and random must outlive it.
  static Result<std::unique_ptr<Registry>> open(FileSystem& files, Clock& clock, Random& random,
                                                const std::string& folder);

  // Identities and certificates in the order in which they came.
  const Identity* find(std::string_view id) const;
  std::vector<const Identity*> identities(const std::function<bool(const Identity&)>& which) const;
  const IssuedCertificate* find(std::string_view serial, std::string_view aki) const;
  const std::deque<IssuedCertificate>& certificates() const { return certificates_; }
  const std::set<std::string>& affiliations() const { return affiliations_; }
  // The affiliation and all below it.
  std::vector<std::string> affiliations_from(std::string_view root) const;

  Result<void> apply(Change change);

  std::optional<std::string> note(std::string_view name) const;

 private:
  Registry() = default;
  Result<void> load();

  std::optional<FolderLock> lock_;
  std::unique_ptr<queue::Store> store_;  // null: ephemeral
  std::map<std::string, Identity, std::less<>> identities_;
  std::map<uint64_t, const Identity*> by_number_;
  std::deque<IssuedCertificate> certificates_;         // number 1 first
  std::unordered_map<std::string, size_t> by_serial_;  // "serial/aki" to the place in the deque
  std::set<std::string> affiliations_;
  std::map<std::string, std::string, std::less<>> notes_;
  uint64_t last_identity_ = 0;
};

// Whether the affiliation is the other or below it. The root, "", is above all.
bool is_within(std::string_view affiliation, std::string_view root);

}  // namespace belfry::ca

// A file system in memory that forgets what was never synced, for tests of everything durable: cut
// the power, and each file keeps what was synced and a random part of what was written since, each
// folder the names that were synced and some of the later ones. It can also run full, and fail a
// sync. Seeded, so a run can be repeated.
//
//   ForgetfulFiles files(seed);
//   … store on files …
//   files.cut_power();   // whatever still runs gets errors; handles opened before it are dead
//   files.restore();     // what the machine finds when it is on again
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/files.h"
#include "base/random.h"

namespace belfry {

// Thread-safe. Folders are implied by the names in them.
class ForgetfulFiles final : public FileSystem {
 public:
  explicit ForgetfulFiles(uint64_t seed);
  ~ForgetfulFiles() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  bool exists(const std::string& path) override;
  Result<void> make_folders(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;

  // Power. cut_power_after counts writes and syncs: the one after so many is broken off in its
  // midst.
  void cut_power();
  void cut_power_after(uint64_t operations);
  bool power_is_cut() const;
  void restore();
  // Like cut_power and restore, but only the process died: nothing written is forgotten.
  void kill();

  void set_capacity(
      uint64_t bytes);  // of all contents; growing beyond it fails as a full disk does
  void fail_sync_after(uint64_t syncs);  // the one after so many fails, and forgets as a kernel may
  uint64_t used() const;

  // Damage, for tests that flip bytes.
  std::string contents(const std::string& path) const;
  void set_contents(const std::string& path, std::string contents);

 private:
  class Handle;
  struct Node;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace belfry

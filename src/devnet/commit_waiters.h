// Who waits for which transaction to be committed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/callback.h"
#include "devnet/channel.h"
#include "ledger/ledger.h"

namespace belfry::devnet {

// Thread-safe. Listens to the ledger, which must outlive it.
class CommitWaiters {
 public:
  explicit CommitWaiters(ledger::Ledger& ledger);
  ~CommitWaiters();

  uint64_t add(std::string_view transaction_id, Callback<const CommitStatus&> then);
  void forget(uint64_t number);

 private:
  struct Waiter {
    uint64_t number = 0;
    Callback<const CommitStatus&> then;
  };
  void committed(const ledger::CommittedBlock& block);

  ledger::Ledger& ledger_;
  std::mutex mutex_;
  std::condition_variable done_;
  uint64_t next_ = 1;
  std::multimap<std::string, Waiter, std::less<>> waiting_;
  std::map<uint64_t, std::string> ids_;  // of waiters by number
  uint64_t running_ = 0;                 // the waiter that is called back just now
  std::thread::id runner_;
  uint64_t listener_ = 0;
};

}  // namespace belfry::devnet

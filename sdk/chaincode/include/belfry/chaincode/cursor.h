// Results of a range, query or history, fetched from the peer in batches as they are read. Lives no
// longer than its transaction; tells the peer when it is done with.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "belfry/chaincode/peer.h"
#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

template <class T>
class Cursor {
 public:
  Cursor(Peer& peer, Batch<T> first) : peer_(&peer), batch_(std::move(first)) {}
  Cursor(Cursor&& other) noexcept
      : peer_(std::exchange(other.peer_, nullptr)),
        batch_(std::move(other.batch_)),
        at_(other.at_) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();

  // The next one, or none after the last.
  Result<std::optional<T>> next();
  // All that are left. More than the limit is an error: nobody keeps a ledger in memory by mistake.
  Result<std::vector<T>> all(std::size_t limit = 100'000);

 private:
  Peer* peer_;
  Batch<T> batch_;
  std::size_t at_ = 0;
};

extern template class Cursor<Entry>;
extern template class Cursor<Change>;

}  // namespace belfry::chaincode

#include "belfry/chaincode/cursor.h"

namespace belfry::chaincode {
namespace {

Result<Batch<Entry>> more(Peer& peer, const Batch<Entry>& batch) {
  return peer.next_entries(batch.id);
}
Result<Batch<Change>> more(Peer& peer, const Batch<Change>& batch) {
  return peer.next_changes(batch.id);
}

}  // namespace

template <class T>
Cursor<T>::~Cursor() {
  if (peer_ != nullptr && !batch_.id.empty()) peer_->close(batch_.id);
}

template <class T>
Result<std::optional<T>> Cursor<T>::next() {
  while (at_ == batch_.items.size()) {
    if (!batch_.more) return std::optional<T>();
    auto batch = more(*peer_, batch_);
    if (!batch) return batch.error();
    batch_ = *std::move(batch);
    at_ = 0;
  }
  return std::optional<T>(std::move(batch_.items[at_++]));
}

template <class T>
Result<std::vector<T>> Cursor<T>::all(std::size_t limit) {
  std::vector<T> out;
  while (true) {
    auto item = next();
    if (!item) return item.error();
    if (!*item) return out;
    if (out.size() == limit) return Error{"more than " + std::to_string(limit) + " results"};
    out.push_back(**std::move(item));
  }
}

template class Cursor<Entry>;
template class Cursor<Change>;

}  // namespace belfry::chaincode

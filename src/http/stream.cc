#include "http/stream.h"

#include "http/connection.h"

namespace belfry::http {

void StreamState::drained() {
  const size_t left = given -= std::exchange(arrived, 0);
  if (left > 0) return;
  std::vector<Callback<>> ready;
  {
    std::lock_guard lock(mutex);
    ready.swap(waiting);
  }
  for (auto& then : ready) then();
}

void StreamState::client_gone() {
  std::vector<Callback<>> ready;
  {
    std::lock_guard lock(mutex);
    gone = true;
    ready.swap(waiting);
  }
  for (auto& then : ready) then();
}

Stream::~Stream() {
  mailbox_->post([id = connection_](EventLoop& loop) {
    if (Connection* connection = loop.find(id)) connection->stream_end();
    loop.settle(id);
  });
}

bool Stream::write(std::string_view piece) {
  if (state_->gone) return false;
  if (piece.empty()) return true;  // an empty chunk would end the answer
  if (state_->given + piece.size() > state_->limit) {
    state_->client_gone();
    mailbox_->post([id = connection_](EventLoop& loop) {
      if (Connection* connection = loop.find(id)) connection->abort();
      loop.settle(id);
    });
    return false;
  }
  state_->given += piece.size();
  mailbox_->post([id = connection_, state = state_, bytes = std::string(piece)](EventLoop& loop) {
    Connection* connection = loop.find(id);
    if (!connection) return;
    state->arrived += bytes.size();
    connection->stream_write(bytes);
    loop.settle(id);
  });
  return true;
}

void Stream::when_drained(Callback<> then) {
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->gone && state_->given > 0) {
      state_->waiting.push_back(std::move(then));
      return;
    }
  }
  then();
}

}  // namespace belfry::http

// The two ends of an answer in pieces: what the handler holds, and what the connection knows of it.
// Internal to http/.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "http/event_loop.h"
#include "http/server.h"

namespace belfry::http {

// Shared by Stream (any thread) and Connection (the loop's).
struct StreamState {
  explicit StreamState(size_t limit) : limit(limit) {}
  void drained();      // all that the connection was given is with the kernel
  void client_gone();  // or the answer has ended

  const size_t limit;
  std::atomic<size_t> given{0};  // bytes on their way to the connection or waiting in it
  std::atomic<bool> gone{false};
  std::mutex mutex;
  size_t arrived = 0;  // of `given`, in the connection; the loop's thread only
  std::vector<Callback<>> waiting;
};

class Stream final : public ServerStream {
 public:
  Stream(std::shared_ptr<StreamState> state, std::shared_ptr<Mailbox> mailbox, uint64_t connection)
      : state_(std::move(state)), mailbox_(std::move(mailbox)), connection_(connection) {}
  ~Stream() override;
  bool write(std::string_view piece) override;
  void when_drained(Callback<> then) override;
  bool gone() const override { return state_->gone; }

 private:
  const std::shared_ptr<StreamState> state_;
  const std::shared_ptr<Mailbox> mailbox_;
  const uint64_t connection_;
};

}  // namespace belfry::http

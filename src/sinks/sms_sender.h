// Text messages leave through an SmsSender: an SMPP session (smpp_client.h) or an HTTP gateway
// (sms_gateway.h). One sender serves all subscriptions; sms_handler.h puts it behind a
// subscription's queue.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"

namespace belfry::sinks {

struct Sms {
  std::string to;    // E.164
  std::string text;  // UTF-8
};

// What became of one attempt, in the words of pipeline/outcome.h.
struct SmsResult {
  enum class Next { accepted, retry, permanent };
  Next next = Next::retry;
  std::string reason;                   // retry, permanent
  std::optional<Duration> retry_after;  // retry
  std::vector<std::string> ids;         // accepted: the provider's, one for each part it named
  size_t parts = 1;
};

struct SmsSenderStatus {
  std::string provider;  // "smpp smsc.example.net:2775", "gateway api.example.org"
  bool ready = false;    // bound; a gateway: the last exchange went well
  std::string problem;   // why it is not ready; empty if it is or nothing was tried yet
  uint64_t accepted = 0, retried = 0, refused = 0, throttled = 0,
           receipts = 0;  // messages, since the start
  uint64_t waiting = 0;   // with the sender now
};

class SmsSender {
 public:
  virtual ~SmsSender() = default;  // outstanding messages end as retry
  // Thread-safe; done is called once, on the sender's thread or at once. At least once: an answer
  // that was lost ends as retry, though the message may be on its way.
  virtual void send(Sms sms, Callback<SmsResult> done) = 0;
  virtual SmsSenderStatus status() const = 0;  // thread-safe
};

// What a message centre reports about a message it took.
struct SmsReceipt {
  std::string id;  // the one it gave when it took the message
  std::string
      state;  // DELIVERED, EXPIRED, DELETED, UNDELIVERABLE, ACCEPTED, UNKNOWN, REJECTED, ENROUTE
  std::string error;  // the network's code; may be empty
  std::string to;     // the phone; may be empty
};

// Keeps a receipt; calls back when it is durable (true) or could not be kept (false: the centre is
// to send it again).
using KeepReceipt = std::function<void(SmsReceipt receipt, Callback<bool> kept)>;

}  // namespace belfry::sinks

// Whatever comes over the wire is a PDU, is not there yet, or is refused; what decodes encodes to
// the same meaning; and a session that hears it never does what it must not.
#include <cstdint>

#include "base/check.h"
#include "sinks/smpp_receipt.h"
#include "sinks/smpp_session.h"

namespace smpp = belfry::sinks::smpp;

namespace {

class Events final : public smpp::SessionEvents {
 public:
  void bound() override { BELFRY_CHECK(!std::exchange(bound_, true)); }
  void submitted(uint64_t token, uint32_t, std::string id) override {
    BELFRY_CHECK(token < 4 && !std::exchange(answered_[token], true) && id.size() <= 64);
  }
  void delivered(uint32_t, const smpp::ShortMessage& message) override {
    if (const auto receipt = smpp::receipt_of(message))
      BELFRY_CHECK(!receipt->id.empty() && receipt->id.size() <= 64);
    const std::string again = smpp::encode_short_message(message);
    const auto decoded = smpp::decode_short_message(again);
    BELFRY_CHECK(decoded && smpp::encode_short_message(*decoded) == again);
  }

 private:
  bool bound_ = false, answered_[4] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const belfry::Duration now(0);
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Events events;
  smpp::Session session({std::chrono::seconds(10), std::chrono::seconds(30), 4}, events);
  session.bind(smpp::Command::bind_transceiver, {"id", "secret", "", 0, 0, ""}, now);
  session.received(smpp::encode({smpp::response_to(smpp::Command::bind_transceiver), 0, 1, {}}),
                   now);
  for (uint64_t token = 0; token < 4; ++token) session.submit(token, {}, now);
  while (!bytes.empty() && session.state() != smpp::Session::State::ended) {
    const size_t step = 1 + static_cast<uint8_t>(bytes[0]) % 64;
    session.received(bytes.substr(0, step), now);
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  session.tick(now);
  return 0;
}

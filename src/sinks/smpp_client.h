// The sender that speaks SMPP 3.4 to a message centre: keeps a session (or a transmitter and a
// receiver), binds again after a pause when it is lost, and hands delivery receipts on. One thread
// of its own.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "sinks/smpp_outgoing.h"
#include "sinks/sms_sender.h"
#include "sinks/tcp_stream.h"

namespace belfry::sinks {

struct SmppSettings {
  std::string address;  // "smsc.example.net:2775"
  TlsSettings tls;
  std::string system_id, password, system_type;
  // One session that sends and hears receipts, or one for each: some centres know only the latter.
  enum class Bind { transceiver, transmitter_and_receiver } bind = Bind::transceiver;
  smpp::Session::Settings session;
  smpp::OutgoingSettings outgoing;
  Duration connect_timeout = std::chrono::seconds(10);
  Duration least_pause =
      std::chrono::milliseconds(500);  // before connecting again; doubled each time, with jitter
  Duration most_pause = std::chrono::seconds(60);
  Duration refused_pause = std::chrono::seconds(
      30);  // at least, after a refused bind: asking often may lock the account
  Duration stop_timeout = std::chrono::seconds(3);  // for answers under way and the unbind
  size_t receipts_at_once = 1000;  // not yet durable; further ones are asked for again
};

// The destructor unbinds; clock and random must outlive the client.
Result<std::unique_ptr<SmsSender>> make_smpp_client(SmppSettings settings, Clock& clock,
                                                    Random& random, KeepReceipt keep_receipt);

}  // namespace belfry::sinks

// Drives a text message sender from a script: reads "PHONE<tab>TEXT" lines, writes what becomes of
// each, and each delivery receipt, as a JSON object a line. Ends when the input has and all is
// answered.
//
//   sms_sender smpp HOST:PORT [...]      sms_sender gateway [--preset twilio ...] --url URL
#include <CLI/CLI.hpp>

#include <condition_variable>
#include <iostream>
#include <mutex>

#include "base/log.h"
#include "sinks/note.h"
#include "sinks/smpp_client.h"
#include "sinks/sms_gateway.h"

using namespace belfry;

namespace {

class Output {
 public:
  void line(std::string text) {
    std::lock_guard lock(mutex_);
    std::cout << text << std::endl;
  }
  void expect() {
    std::lock_guard lock(mutex_);
    ++open_;
  }
  void result(uint64_t number, const sinks::SmsResult& result) {
    static constexpr const char* kNext[] = {"accepted", "retry", "permanent"};
    sinks::NoteWriter note;
    note.add("message", number)
        .add("next", kNext[static_cast<int>(result.next)])
        .add("reason", result.reason)
        .add("ids", result.ids)
        .add("parts", result.parts);
    if (result.retry_after)
      note.add(
          "retry_after_ms",
          static_cast<uint64_t>(
              std::chrono::duration_cast<std::chrono::milliseconds>(*result.retry_after).count()));
    line(note.finish());
    std::lock_guard lock(mutex_);
    if (--open_ == 0) none_open_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    none_open_.wait(lock, [&] { return open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_open_;
  size_t open_ = 0;
};

void send_lines(sinks::SmsSender& sender, Output& output) {
  std::string line;
  for (uint64_t number = 1; std::getline(std::cin, line); ++number) {
    const size_t tab = std::min(line.find('\t'), line.size());
    output.expect();
    sender.send({line.substr(0, tab), line.substr(std::min(tab + 1, line.size()))},
                [&output, number](sinks::SmsResult result) { output.result(number, result); });
  }
  output.wait();
  const auto status = sender.status();
  sinks::NoteWriter note;
  note.add("status", status.provider)
      .add("accepted", status.accepted)
      .add("retried", status.retried)
      .add("refused", status.refused)
      .add("throttled", status.throttled)
      .add("receipts", status.receipts);
  output.line(note.finish());
}

int failed(const Error& error) {
  std::cerr << "sms_sender: " << error.message << "\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("drives a text message sender");
  app.require_subcommand(1);
  sinks::SmppSettings smpp;
  smpp.session.response_timeout = std::chrono::seconds(5);
  smpp.least_pause = std::chrono::milliseconds(20);
  smpp.outgoing.least_pause = std::chrono::milliseconds(50);
  unsigned patience = 60, enquire_ms = 30'000;
  bool two_sessions = false, receipts_fail_first = false;
  auto* by_smpp = app.add_subcommand("smpp");
  by_smpp->add_option("address", smpp.address)->required();
  by_smpp->add_option("--system-id", smpp.system_id);
  by_smpp->add_option("--password", smpp.password);
  by_smpp->add_option("--from", smpp.outgoing.from);
  by_smpp->add_option("--window", smpp.session.window);
  by_smpp->add_option("--rate", smpp.outgoing.rate);
  by_smpp->add_option("--patience", patience, "seconds");
  by_smpp->add_option("--enquire", enquire_ms, "milliseconds");
  by_smpp->add_option("--tls-authorities", smpp.tls.authorities);
  by_smpp->add_flag("--tls", smpp.tls.enabled);
  by_smpp->add_flag("--two-sessions", two_sessions);
  by_smpp->add_flag("--receipts-fail-first", receipts_fail_first,
                    "as if the first could not be made durable");

  sinks::GatewaySettings gateway;
  auto* by_gateway = app.add_subcommand("gateway");
  for (auto& [option, field] : std::initializer_list<std::pair<const char*, std::string*>>{
           {"--preset", &gateway.preset},
           {"--from", &gateway.from},
           {"--account", &gateway.account},
           {"--user", &gateway.user},
           {"--password", &gateway.password},
           {"--url", &gateway.url},
           {"--body", &gateway.body}})
    by_gateway->add_option(option, *field);
  CLI11_PARSE(app, argc, argv);

  log::configure(log::Level::warn, log::Format::text);
  Output output;
  if (*by_smpp) {
    smpp.outgoing.patience = std::chrono::seconds(patience);
    smpp.session.enquire_interval = std::chrono::milliseconds(enquire_ms);
    if (two_sessions) smpp.bind = sinks::SmppSettings::Bind::transmitter_and_receiver;
    const auto keep = [&](sinks::SmsReceipt receipt, Callback<bool> kept) {
      const bool good = !std::exchange(receipts_fail_first, false);
      sinks::NoteWriter note;
      note.add("receipt", receipt.id)
          .add("state", receipt.state)
          .add("to", receipt.to)
          .add("kept", good ? "yes" : "no");
      output.line(note.finish());
      kept(good);
    };
    auto sender = sinks::make_smpp_client(smpp, system_clock(), secure_random(), keep);
    if (!sender) return failed(sender.error());
    send_lines(**sender, output);
  } else {
    const auto client = http::Client::create({.allow_private_networks = true});
    auto sender = sinks::make_sms_gateway(gateway, *client, system_clock());
    if (!sender) return failed(sender.error());
    send_lines(**sender, output);
  }
  return 0;
}

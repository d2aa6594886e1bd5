#include "sinks/smpp_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "sinks/smpp_link.h"

namespace belfry::sinks {
namespace {

using smpp::Link;
using smpp::Session;

struct Waiting {
  Sms sms;
  Callback<SmsResult> done;
};
struct KeptReceipt {
  size_t link;
  uint64_t session;
  uint32_t sequence;
  bool kept;
};

// What other threads leave for the client's own. Outlives the client in the hands of receipts being
// stored.
class Inbox {
 public:
  Inbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { BELFRY_CHECK(wake_ >= 0); }
  ~Inbox() { ::close(wake_); }
  int wake() const { return wake_; }

  void add(Waiting waiting) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(waiting));
    signal();
  }
  void add(KeptReceipt kept) {
    std::lock_guard lock(mutex_);
    kept_.push_back(kept);
    signal();
  }
  void stop() {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    signal();
  }
  // True when the client is to stop.
  bool take(std::vector<Waiting>& waiting, std::vector<KeptReceipt>& kept) {
    std::lock_guard lock(mutex_);
    eventfd_t ignored;
    (void)::eventfd_read(wake_, &ignored);
    waiting.swap(waiting_);
    kept.swap(kept_);
    return stopping_;
  }

 private:
  void signal() { BELFRY_CHECK(::eventfd_write(wake_, 1) == 0); }

  const int wake_;
  std::mutex mutex_;
  std::vector<Waiting> waiting_;
  std::vector<KeptReceipt> kept_;
  bool stopping_ = false;
};

class SmppClient final : public SmsSender, public smpp::LinkOwner {
 public:
  SmppClient(SmppSettings settings, TcpAddress address, Clock& clock, Random& random,
             KeepReceipt keep_receipt)
      : settings_(std::move(settings)),
        address_(std::move(address)),
        clock_(clock),
        keep_receipt_(std::move(keep_receipt)),
        outgoing_(settings_.outgoing, random) {
    const auto add = [&](smpp::Command bind) {
      links_.push_back(std::make_unique<Link>(*this, settings_, address_, random, bind));
    };
    if (settings_.bind == SmppSettings::Bind::transceiver) {
      add(smpp::Command::bind_transceiver);
    } else {
      add(smpp::Command::bind_transmitter);
      add(smpp::Command::bind_receiver);
    }
    status_.provider = "smpp " + settings_.address;
    thread_ = std::thread([this] { run(); });
  }

  ~SmppClient() override {
    inbox_->stop();
    thread_.join();
  }

  void send(Sms sms, Callback<SmsResult> done) override {
    inbox_->add(Waiting{std::move(sms), std::move(done)});
  }

  SmsSenderStatus status() const override {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  void submitted(uint64_t token, uint32_t status, std::string id, Duration now) override {
    outgoing_.submitted(token, status, std::move(id), now);
  }

  void link_lost(Link& link, const std::string& why) override {
    if (&link == links_[0].get()) outgoing_.session_lost(why);
  }

  void receipt(Link& link, uint32_t sequence, SmsReceipt receipt) override {
    {
      std::lock_guard lock(mutex_);
      ++status_.receipts;
    }
    const size_t index = &link == links_[0].get() ? 0 : 1;
    keep_receipt_(std::move(receipt),
                  [inbox = inbox_, index, session = link.generation(), sequence](bool kept) {
                    inbox->add(KeptReceipt{index, session, sequence, kept});
                  });
  }

  void run() {
    Duration stop_at = Duration::max();
    while (true) {
      Duration now = clock_.monotonic();
      const bool stopping = take_inbox(now);
      if (stopping && stop_at == Duration::max()) stop_at = now + settings_.stop_timeout;
      Link& sender = *links_[0];
      if (stopping) {
        outgoing_.end_waiting("belfry is stopping");
        const bool quiet = outgoing_.waiting() == 0;
        bool ended = true;
        for (auto& link : links_) {
          if (link->session() && (quiet || now >= stop_at)) link->session()->unbind(now);
          ended &= !link->session();
        }
        if (ended || now >= stop_at) break;
      }
      for (auto& link : links_) {
        link->tick(now);
        if (!stopping) link->connect_if_due(now);
      }
      if (!stopping && sender.session()) outgoing_.pump(*sender.session(), now);
      outgoing_.tick(now, sender.is_bound() ? "" : sender.problem());
      for (auto& link : links_) link->flush();
      publish_status();
      wait(now, stop_at);
    }
    outgoing_.session_lost("belfry is stopping");
    outgoing_.end_waiting("belfry is stopping");
    std::vector<Waiting> waiting;
    std::vector<KeptReceipt> kept;
    inbox_->take(waiting, kept);
    for (auto& each : waiting) each.done({SmsResult::Next::retry, "belfry is stopping", {}, {}, 0});
  }

  bool take_inbox(Duration now) {
    std::vector<Waiting> waiting;
    std::vector<KeptReceipt> kept;
    const bool stopping = inbox_->take(waiting, kept);
    for (auto& [sms, done] : waiting)
      outgoing_.add(
          std::move(sms),
          [this, done = std::move(done)](SmsResult result) mutable {
            count(result);
            done(std::move(result));
          },
          now);
    for (const auto& [link, session, sequence, good] : kept)
      links_[link]->receipt_kept(session, sequence, good);
    return stopping;
  }

  void wait(Duration now, Duration stop_at) {
    const Session* sender = links_[0]->session();
    Duration until = std::min(outgoing_.deadline(sender && sender->can_submit()), stop_at);
    std::vector<pollfd> polled = {{inbox_->wake(), POLLIN, 0}};
    std::vector<Link*> behind;
    for (auto& link : links_) {
      until = std::min(until, link->deadline());
      if (!link->stream()) continue;
      const bool has_output = link->session() && !link->session()->output().empty();
      polled.push_back({link->stream()->descriptor(), link->stream()->interest(has_output), 0});
      behind.push_back(link.get());
    }
    const Duration most = std::chrono::minutes(1);
    const auto pause =
        std::chrono::ceil<std::chrono::milliseconds>(std::clamp(until - now, Duration(0), most));
    (void)::poll(polled.data(), polled.size(), static_cast<int>(pause.count()));
    now = clock_.monotonic();
    for (size_t i = 0; i < behind.size(); ++i)
      if (polled[i + 1].revents != 0) behind[i]->ready(now);
  }

  void count(const SmsResult& result) {
    std::lock_guard lock(mutex_);
    switch (result.next) {
      case SmsResult::Next::accepted:
        ++status_.accepted;
        break;
      case SmsResult::Next::retry:
        ++status_.retried;
        break;
      case SmsResult::Next::permanent:
        ++status_.refused;
        break;
    }
  }

  void publish_status() {
    std::lock_guard lock(mutex_);
    status_.ready = true;
    status_.problem.clear();
    for (const auto& link : links_) {
      if (link->is_bound()) continue;
      status_.ready = false;
      status_.problem = link->problem();
    }
    status_.waiting = outgoing_.waiting();
    status_.throttled = outgoing_.throttled();
  }

  const SmppSettings settings_;
  const TcpAddress address_;
  Clock& clock_;
  const KeepReceipt keep_receipt_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  smpp::Outgoing outgoing_;                   // the thread's own, as the links
  std::vector<std::unique_ptr<Link>> links_;  // the first one sends
  mutable std::mutex mutex_;
  SmsSenderStatus status_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<SmsSender>> make_smpp_client(SmppSettings settings, Clock& clock,
                                                    Random& random, KeepReceipt keep_receipt) {
  auto address = parse_tcp_address(settings.address);
  if (!address) return tl::unexpected(address.error());
  if (auto good = smpp::Outgoing::check(settings.outgoing); !good)
    return tl::unexpected(good.error());
  const std::tuple<const char*, const std::string&, size_t> limits[] = {
      {"system id", settings.system_id, 15},
      {"password", settings.password, 8},
      {"system type", settings.system_type, 12}};
  for (const auto& [what, text, most] : limits) {
    if (text.size() > most)
      return fail(fmt::format("the SMPP {} is too long: the protocol carries at most {} characters",
                              what, most));
    if (text.find('\0') != text.npos) return fail(fmt::format("the SMPP {} has a zero byte", what));
  }
  if (settings.session.window < 1) return fail("the SMPP window is at least 1");
  return std::unique_ptr<SmsSender>(std::make_unique<SmppClient>(
      std::move(settings), std::move(*address), clock, random, std::move(keep_receipt)));
}

}  // namespace belfry::sinks

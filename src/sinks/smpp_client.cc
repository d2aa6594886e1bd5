#include "sinks/smpp_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "sinks/smpp_receipt.h"

namespace belfry::sinks {
namespace {

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

class SmppClient;

// One connection and its session, with the pauses between attempts.
class Link final : public smpp::SessionEvents {
 public:
  Link(SmppClient& client, size_t index, smpp::Command bind)
      : client_(client), index_(index), bind_(bind) {}

  void connect_if_due(Duration now);
  void establish(Duration now);
  void read(Duration now);
  void flush();
  void lost(std::string why, Duration now);
  void tick(Duration now);

  void bound() override;
  void submitted(uint64_t token, uint32_t status, std::string id) override;
  void delivered(uint32_t sequence, const smpp::ShortMessage& message) override;

  bool is_bound() const { return session && session->state() == Session::State::open; }
  Duration deadline() const;

  std::unique_ptr<TcpStream> stream;
  std::unique_ptr<Session> session;  // while the stream is established
  uint64_t generation = 0;           // of the session
  std::string problem = "no session yet";
  size_t receipts_open = 0;

 private:
  SmppClient& client_;
  const size_t index_;
  const smpp::Command bind_;
  Duration connect_at_{}, connect_deadline_{}, now_{};
  size_t attempts_ = 0, failures_ = 0;
};

class SmppClient final : public SmsSender {
 public:
  SmppClient(SmppSettings settings, TcpAddress address, Clock& clock, Random& random,
             KeepReceipt keep_receipt)
      : settings(std::move(settings)),
        address(std::move(address)),
        random(random),
        keep_receipt(std::move(keep_receipt)),
        outgoing(this->settings.outgoing, random),
        clock_(clock) {
    if (this->settings.bind == SmppSettings::Bind::transceiver) {
      links_.push_back(std::make_unique<Link>(*this, 0, smpp::Command::bind_transceiver));
    } else {
      links_.push_back(std::make_unique<Link>(*this, 0, smpp::Command::bind_transmitter));
      links_.push_back(std::make_unique<Link>(*this, 1, smpp::Command::bind_receiver));
    }
    status_.provider = "smpp " + this->settings.address;
    thread_ = std::thread([this] { run(); });
  }

  ~SmppClient() override {
    inbox->stop();
    thread_.join();
  }

  void send(Sms sms, Callback<SmsResult> done) override {
    inbox->add(Waiting{std::move(sms), std::move(done)});
  }

  SmsSenderStatus status() const override {
    std::lock_guard lock(mutex_);
    return status_;
  }

  void count_receipt() {
    std::lock_guard lock(mutex_);
    ++status_.receipts;
  }
  bool sends_through(size_t link) const { return link == 0; }

  const SmppSettings settings;
  const TcpAddress address;
  Random& random;
  const KeepReceipt keep_receipt;
  smpp::Outgoing outgoing;
  const std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();

 private:
  void run() {
    Duration stop_at = Duration::max();
    while (true) {
      Duration now = clock_.monotonic();
      const bool stopping = take_inbox(now);
      if (stopping && stop_at == Duration::max()) stop_at = now + settings.stop_timeout;
      Link& sender = *links_[0];
      if (stopping) {
        outgoing.end_waiting("belfry is stopping");
        const bool quiet = outgoing.waiting() == 0;
        bool ended = true;
        for (auto& link : links_) {
          if (link->session && (quiet || now >= stop_at)) link->session->unbind(now);
          ended &= !link->session;
        }
        if (ended || now >= stop_at) break;
      }
      for (auto& link : links_) {
        link->tick(now);
        if (!stopping) link->connect_if_due(now);
      }
      if (!stopping && sender.session) outgoing.pump(*sender.session, now);
      outgoing.tick(now, sender.is_bound() ? "" : sender.problem);
      for (auto& link : links_) link->flush();
      publish_status();
      wait(now, stop_at);
    }
    outgoing.session_lost("belfry is stopping");
    outgoing.end_waiting("belfry is stopping");
    std::vector<Waiting> waiting;
    std::vector<KeptReceipt> kept;
    inbox->take(waiting, kept);
    for (auto& each : waiting) each.done({SmsResult::Next::retry, "belfry is stopping", {}, {}, 0});
  }

  bool take_inbox(Duration now) {
    std::vector<Waiting> waiting;
    std::vector<KeptReceipt> kept;
    const bool stopping = inbox->take(waiting, kept);
    for (auto& [sms, done] : waiting)
      outgoing.add(
          std::move(sms),
          [this, done = std::move(done)](SmsResult result) mutable {
            count(result);
            done(std::move(result));
          },
          now);
    for (const auto& receipt : kept) {
      Link& link = *links_[receipt.link];
      if (!link.session || link.generation != receipt.session) continue;
      --link.receipts_open;
      link.session->deliver_answered(receipt.sequence, receipt.kept);
    }
    return stopping;
  }

  void wait(Duration now, Duration stop_at) {
    const Session* sender = links_[0]->session.get();
    Duration until = std::min(outgoing.deadline(sender && sender->can_submit()), stop_at);
    std::vector<pollfd> polled = {{inbox->wake(), POLLIN, 0}};
    std::vector<Link*> behind;
    for (auto& link : links_) {
      until = std::min(until, link->deadline());
      if (!link->stream) continue;
      const bool has_output = link->session && !link->session->output().empty();
      polled.push_back({link->stream->descriptor(), link->stream->interest(has_output), 0});
      behind.push_back(link.get());
    }
    const Duration most = std::chrono::minutes(1);
    const auto pause =
        std::chrono::ceil<std::chrono::milliseconds>(std::clamp(until - now, Duration(0), most));
    (void)::poll(polled.data(), polled.size(), static_cast<int>(pause.count()));
    now = clock_.monotonic();
    for (size_t i = 0; i < behind.size(); ++i) {
      if (polled[i + 1].revents == 0) continue;
      if (!behind[i]->session) behind[i]->establish(now);
      if (behind[i]->session) behind[i]->read(now);
    }
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
      status_.problem = link->problem;
    }
    status_.waiting = outgoing.waiting();
    status_.throttled = outgoing.throttled();
  }

  Clock& clock_;
  std::vector<std::unique_ptr<Link>> links_;
  mutable std::mutex mutex_;
  SmsSenderStatus status_;
  std::thread thread_;
};

void Link::connect_if_due(Duration now) {
  if (stream || now < connect_at_) return;
  auto connecting = TcpStream::connect(client_.address, client_.settings.tls, attempts_++);
  if (!connecting) return lost(connecting.error().message, now);
  stream = std::move(*connecting);
  connect_deadline_ = now + client_.settings.connect_timeout;
}

void Link::establish(Duration now) {
  const auto established = stream->establish();
  if (!established) return lost(established.error().message, now);
  if (!*established) return;
  ++generation;
  receipts_open = 0;
  const SmppSettings& settings = client_.settings;
  session = std::make_unique<Session>(settings.session, *this);
  session->bind(bind_, {settings.system_id, settings.password, settings.system_type, 0, 0, {}},
                now);
}

void Link::read(Duration now) {
  now_ = now;
  char buffer[16 << 10];
  while (session) {
    const auto count = stream->read(buffer, sizeof buffer);
    if (!count) return lost(count.error().message, now);
    if (*count == 0) return;
    session->received({buffer, *count}, now);
    if (session->state() == Session::State::ended) {
      flush();  // the answer to an unbind
      if (session) lost(session->problem(), now);
      return;
    }
  }
}

void Link::flush() {
  if (!session) return;
  std::string& output = session->output();
  while (!output.empty()) {
    const auto count = stream->write(output);
    if (!count) return lost(count.error().message, now_);
    if (*count == 0) return;
    output.erase(0, *count);
  }
}

void Link::tick(Duration now) {
  now_ = now;
  if (stream && !session && now >= connect_deadline_) return lost("no connection in time", now);
  if (!session) return;
  session->tick(now);
  if (session->state() == Session::State::ended) lost(session->problem(), now);
}

void Link::lost(std::string why, Duration now) {
  const SmppSettings& settings = client_.settings;
  const bool refused = session && session->refusal() != 0;
  const bool was_bound = session && session->state() != Session::State::binding && !refused;
  session.reset();
  stream.reset();
  Duration pause = settings.least_pause * (int64_t{1} << std::min<size_t>(failures_, 20));
  pause = std::min(pause, settings.most_pause);
  if (refused) pause = std::max(pause, settings.refused_pause);
  ++failures_;
  pause = pause / 2 + Duration(client_.random.below(static_cast<uint64_t>(pause.count() / 2) + 1));
  connect_at_ = now + pause;
  if (why.empty()) return;  // as we wished
  problem = fmt::format("no session with {}: {}", settings.address, why);
  log::warn(
      was_bound ? "the SMPP session ended" : "no SMPP session",
      {{"address", settings.address},
       {"reason", why},
       {"again_in_ms", std::chrono::duration_cast<std::chrono::milliseconds>(pause).count()}});
  if (client_.sends_through(index_)) client_.outgoing.session_lost(why);
}

Duration Link::deadline() const {
  if (session) return session->deadline();
  return stream ? connect_deadline_ : connect_at_;
}

void Link::bound() {
  failures_ = 0;
  log::info("the SMPP session is bound", {{"address", client_.settings.address}});
}

void Link::submitted(uint64_t token, uint32_t status, std::string id) {
  client_.outgoing.submitted(token, status, std::move(id), now_);
  if (smpp::meaning_of(status) == smpp::Meaning::rebind) session->end(smpp::status_name(status));
}

void Link::delivered(uint32_t sequence, const smpp::ShortMessage& message) {
  auto receipt = smpp::receipt_of(message);
  if (!receipt) {  // a text from a phone: belfry only sends
    session->deliver_answered(sequence, true);
    return;
  }
  if (receipts_open >= client_.settings.receipts_at_once)
    return session->deliver_answered(sequence, false);
  ++receipts_open;
  client_.count_receipt();
  client_.keep_receipt(std::move(*receipt), [inbox = client_.inbox, index = index_,
                                             session = generation, sequence](bool kept) {
    inbox->add(KeptReceipt{index, session, sequence, kept});
  });
}

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

#include "http/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "http/connection.h"

namespace belfry::http {
namespace {

constexpr uint64_t kWake = 0, kListener = 1, kFirstConnection = 2;  // what an epoll event is about
constexpr size_t kScratch = 64 << 10;

thread_local const Mailbox* current_mailbox = nullptr;

void watch(int epoll, int descriptor, uint32_t events, uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  BELFRY_CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Mailbox::on_loop_thread() const {
  return current_mailbox == this;
}

void Mailbox::post(Callback<EventLoop&> task) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  if (!std::exchange(sleeps_, false)) return;  // it looks before it sleeps
  BELFRY_CHECK(::eventfd_write(wake_, 1) == 0);
}

EventLoop::EventLoop(const Server::Options& options, const RequestHandler& handler,
                     std::shared_ptr<const TlsContext> tls, ServerCounts& counts)
    : options(options),
      handler(handler),
      counts(counts),
      tls(std::move(tls)),
      mailbox(std::make_shared<Mailbox>(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))),
      scratch(kScratch),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      next_id_(kFirstConnection),
      now_(system_clock().monotonic()),
      tick_(std::clamp<Duration>(
          std::min({options.idle_timeout, options.request_timeout, options.send_timeout}) / 4,
          std::chrono::milliseconds(10), std::chrono::seconds(1))) {
  BELFRY_CHECK(mailbox->wake_ >= 0 && epoll_ >= 0);
  watch(epoll_, mailbox->wake_, EPOLLIN, kWake);
}

EventLoop::~EventLoop() {
  connections_.clear();
  std::vector<Callback<EventLoop&>> dropped;
  {
    std::lock_guard lock(mailbox->mutex_);
    mailbox->closed_ = true;
    dropped.swap(mailbox->tasks_);
  }
  dropped.clear();  // outside the lock: what they own may post again
  ::close(mailbox->wake_);
  ::close(epoll_);
}

void EventLoop::listen(int socket, Callback<> acceptable) {
  acceptable_ = std::move(acceptable);
  watch(epoll_, socket, EPOLLIN | EPOLLET, kListener);
}

void EventLoop::stop() {
  stopping_ = true;
  mailbox->post([](EventLoop&) {});
}

void EventLoop::adopt(Socket socket, std::string peer) {
  mailbox->post([socket = std::move(socket), peer = std::move(peer)](EventLoop& loop) mutable {
    const uint64_t id = loop.next_id_++;
    const int descriptor = socket.get();
    loop.connections_.emplace(
        id, std::make_unique<Connection>(loop, id, std::move(socket), std::move(peer)));
    watch(loop.epoll_, descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, id);
  });
}

Connection* EventLoop::find(uint64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

void EventLoop::settle(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || !found->second->closed()) return;
  connections_.erase(found);
  --counts.connections;
}

void EventLoop::run_tasks() {
  std::vector<Callback<EventLoop&>> tasks;
  {
    std::lock_guard lock(mailbox->mutex_);
    tasks.swap(mailbox->tasks_);
    mailbox->sleeps_ = false;
  }
  for (auto& task : tasks) task(*this);
}

void EventLoop::tick() {
  next_tick_ = now_ + tick_;
  std::vector<uint64_t> due;
  for (const auto& [id, connection] : connections_)
    if (now_ >= connection->deadline()) due.push_back(id);
  for (const uint64_t id : due) {
    if (Connection* connection = find(id)) connection->deadline_passed();
    settle(id);
  }
  if (acceptable_)
    acceptable_();  // perhaps there were no file descriptors left when it was last called
}

void EventLoop::run() {
  current_mailbox = mailbox.get();
  epoll_event events[256];
  while (!stopping_) {
    bool pending = !again_.empty();
    if (!pending) {
      std::lock_guard lock(mailbox->mutex_);
      pending = !mailbox->tasks_.empty();
      mailbox->sleeps_ = !pending;
    }
    const int wait =
        pending ? 0 : static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(tick_).count());
    const int count = ::epoll_wait(epoll_, events, std::size(events), wait);
    now_ = system_clock().monotonic();
    if (options.round_begins) options.round_begins();
    std::vector<uint64_t> again;
    again.swap(again_);
    run_tasks();
    for (int i = 0; i < count; ++i) {
      const uint64_t id = events[i].data.u64;
      if (id == kWake) {
        eventfd_t ignored;
        (void)::eventfd_read(mailbox->wake_, &ignored);
      } else if (id == kListener) {
        acceptable_();
      } else if (Connection* connection = find(id)) {
        connection->ready(events[i].events);
        settle(id);
      }
    }
    for (const uint64_t id : again) {
      if (Connection* connection = find(id)) connection->ready(0);
      settle(id);
    }
    if (now_ >= next_tick_) tick();
    if (options.round_ends) options.round_ends();
  }
  connections_.clear();  // their streams learn that the client is gone while this is still the
                         // loop's thread
  current_mailbox = nullptr;
}

const std::string& EventLoop::date() {
  const time_t second = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (second != date_second_) {
    date_second_ = second;
    tm parts{};
    ::gmtime_r(&second, &parts);
    char text[40];
    // The names are English whatever the locale: the process never calls setlocale().
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

}  // namespace belfry::http

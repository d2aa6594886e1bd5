#include "http/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "http/request_queue.h"
#include "http/transfer.h"

namespace belfry::http {
namespace {

class CurlClient final : public Client {
 public:
  explicit CurlClient(Options options)
      : options_(std::move(options)), queue_(options_.connections_per_host) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    BELFRY_CHECK(initialised == CURLE_OK);
    multi_ = curl_multi_init();
    BELFRY_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.connections_per_host));
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      static_cast<long>(options_.connections));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.connections));
    thread_ = std::thread([this] { run(); });
  }

  ~CurlClient() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void send(Request request, Callback<Response> done) override {
    {
      std::lock_guard lock(mutex_);
      if (waiting_ < options_.waiting) {
        ++waiting_;
        fresh_.push_back({std::move(request), std::move(done)});
        if (!std::exchange(woken_, true)) curl_multi_wakeup(multi_);
        return;
      }
    }
    Response response;
    response.error = "too many HTTP requests wait already";
    done(std::move(response));
  }

 private:
  using Waiting = RequestQueue::Waiting;
  struct UnderWay {
    std::unique_ptr<Transfer> transfer;
    std::string host;
  };

  void run() {
    while (start_waiting()) {
      int running = 0;
      BELFRY_CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
      if (finish_ended()) continue;  // there may be room for those that wait
      BELFRY_CHECK(curl_multi_poll(multi_, nullptr, 0, 60'000, nullptr) == CURLM_OK);
    }
    for (auto& [handle, it] : transfers_) {
      curl_multi_remove_handle(multi_, handle);
      it.transfer->cancel(kStopping);
    }
    transfers_.clear();
    for (Waiting& it : queue_.take_all()) {
      Response response;
      response.error = kStopping;
      it.done(std::move(response));
    }
  }

  // False when the client is to stop.
  bool start_waiting() {
    std::deque<Waiting> fresh;
    bool stopping;
    {
      std::lock_guard lock(mutex_);
      woken_ = false;
      stopping = stopping_;
      fresh.swap(fresh_);
    }
    size_t gone = 0;
    for (Waiting& it : fresh) {
      Response response;
      if (response.error = Transfer::objection(it.request); response.error.empty()) {
        queue_.add(std::move(it));
        continue;
      }
      response.refused = true;
      ++gone;
      it.done(std::move(response));
    }
    while (!stopping && transfers_.size() < options_.connections) {
      auto next = queue_.next();
      if (!next) break;
      ++gone;
      start(std::move(*next));
    }
    if (gone > 0) {
      std::lock_guard lock(mutex_);
      waiting_ -= gone;
    }
    return !stopping;
  }

  void start(Waiting it) {
    auto transfer = std::make_unique<Transfer>(std::move(it.request), std::move(it.done), options_);
    CURL* const handle = transfer->handle();
    transfers_.emplace(handle, UnderWay{std::move(transfer), std::move(it.host)});
    BELFRY_CHECK(curl_multi_add_handle(multi_, handle) == CURLM_OK);
  }

  bool finish_ended() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode result = message->data.result;
      auto ended = transfers_.extract(message->easy_handle);
      BELFRY_CHECK(!ended.empty());
      curl_multi_remove_handle(multi_, ended.key());  // `message` is gone with this
      queue_.ended(ended.mapped().host, result == CURLE_OK);
      ended.mapped().transfer->finish(result);
      any = true;
    }
    return any;
  }

  static constexpr const char* kStopping = "the HTTP client is stopping";

  const Options options_;
  CURLM* multi_;
  std::mutex mutex_;
  std::deque<Waiting> fresh_;  // the thread has not seen them
  size_t waiting_ = 0;         // of them and in queue_
  bool stopping_ = false, woken_ = false;
  RequestQueue queue_;  // the thread's own, as the next
  std::unordered_map<CURL*, UnderWay> transfers_;
  std::thread thread_;
};

}  // namespace

const std::string* Response::header(std::string_view name) const {
  return find_header(headers, name);
}

std::unique_ptr<Client> Client::create(Options options) {
  return std::make_unique<CurlClient>(std::move(options));
}

Response Client::send(Request request) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Response> answer;
  send(std::move(request), [&](Response response) {
    std::lock_guard lock(mutex);
    answer = std::move(response);
    arrived.notify_one();  // under the lock: the waiter's frame is gone soon after
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return answer.has_value(); });
  return std::move(*answer);
}

std::optional<Duration> retry_after(const Response& response, WallTime now) {
  static constexpr Duration kMost = std::chrono::hours(24);
  const std::string* text = response.header("retry-after");
  if (!text || text->empty()) return {};
  if (text->find_first_not_of("0123456789") == text->npos) {
    if (text->size() > 9) return kMost;
    return std::min<Duration>(std::chrono::seconds(std::stoll(*text)), kMost);
  }
  const time_t date = curl_getdate(text->c_str(), nullptr);
  if (date < 0) return {};
  return std::clamp<Duration>(std::chrono::sys_seconds(std::chrono::seconds(date)) - now,
                              Duration(0), kMost);
}

}  // namespace belfry::http

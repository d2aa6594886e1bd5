#include "sinks/smtp_mailer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace belfry::sinks {
namespace {

using pipeline::Outcome;

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  BELFRY_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

struct Reading {
  std::string_view left;
  static size_t read(char* into, size_t size, size_t count, void* self) {
    auto& left = static_cast<Reading*>(self)->left;
    const size_t taken = std::min(left.size(), size * count);
    std::memcpy(into, left.data(), taken);
    left.remove_prefix(taken);
    return taken;
  }
};

class SmtpMailer final : public Mailer {
 public:
  SmtpMailer(SmtpSettings settings, Clock& clock) : settings_(std::move(settings)), clock_(clock) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    BELFRY_CHECK(initialised == CURLE_OK);
    for (int i = 0; i < settings_.connections; ++i) threads_.emplace_back([this] { run(); });
  }

  ~SmtpMailer() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    for (auto& job : jobs_) job.done(Outcome::retry("the mailer is stopping"));
  }

  void send(Mail mail, Callback<Outcome> done) override {
    if (auto problem = mail_address_problem(mail.to))
      return done(Outcome::permanent(std::move(*problem)));
    {
      std::lock_guard lock(mutex_);
      if (!stopping_ && jobs_.size() < settings_.waiting) {
        jobs_.push_back({std::move(mail), std::move(done)});
        wake_.notify_one();
        return;
      }
    }
    done(Outcome::retry("too many mails wait already"));
  }

  std::string name() const override { return "smtp " + settings_.address; }

 private:
  struct Job {
    Mail mail;
    Callback<Outcome> done;
  };

  void run() {
    CURL* const handle = curl_easy_init();  // keeps its connection from mail to mail
    BELFRY_CHECK(handle != nullptr);
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) break;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job.done(deliver(handle, job.mail));
    }
    curl_easy_cleanup(handle);
  }

  Outcome deliver(CURL* handle, const Mail& mail) {
    using Security = SmtpSettings::Security;
    curl_easy_reset(handle);
    std::string text = format_mail(mail, settings_.from, clock_.now());
    if (settings_.dkim) text.insert(0, settings_.dkim->sign(text, clock_.now()));
    Reading reading{text};
    const std::string url = fmt::format(
        "{}://{}", settings_.security == Security::tls ? "smtps" : "smtp", settings_.address);
    const std::string from = "<" + bare_address(settings_.from) + ">", to = "<" + mail.to + ">";
    curl_slist* const recipients = curl_slist_append(nullptr, to.c_str());
    char error[CURL_ERROR_SIZE] = "";
    set(handle, CURLOPT_ERRORBUFFER, error);
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_URL, url.c_str());
    set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(handle, CURLOPT_PROXY, "");
    set(handle, CURLOPT_USE_SSL,
        static_cast<long>(settings_.security == Security::starttls ? CURLUSESSL_ALL
                                                                   : CURLUSESSL_NONE));
    if (!settings_.authorities.empty()) set(handle, CURLOPT_CAINFO, settings_.authorities.c_str());
    if (!settings_.user.empty()) {
      set(handle, CURLOPT_USERNAME, settings_.user.c_str());
      set(handle, CURLOPT_PASSWORD, settings_.password.c_str());
    }
    set(handle, CURLOPT_MAIL_FROM, from.c_str());
    set(handle, CURLOPT_MAIL_RCPT, recipients);
    set(handle, CURLOPT_UPLOAD, 1L);
    set(handle, CURLOPT_READFUNCTION, &Reading::read);
    set(handle, CURLOPT_READDATA, &reading);
    set(handle, CURLOPT_TIMEOUT_MS, milliseconds(settings_.timeout));
    set(handle, CURLOPT_XFERINFOFUNCTION, &SmtpMailer::progress);
    set(handle, CURLOPT_XFERINFODATA, this);
    set(handle, CURLOPT_NOPROGRESS, 0L);
    const CURLcode result = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(recipients);
    if (result == CURLE_OK) return Outcome::done();
    std::string reason =
        fmt::format("{}: {}", name(), error[0] ? error : curl_easy_strerror(result));
    if (status >= 400) reason += fmt::format(" (the server's answer: {})", status);
    // A refused login or greeting says nothing about this mail.
    const bool of_mail = result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR ||
                         result == CURLE_WEIRD_SERVER_REPLY || result == CURLE_UPLOAD_FAILED;
    if (of_mail && status >= 500 && status < 600) return Outcome::permanent(std::move(reason));
    return Outcome::retry(std::move(reason));
  }

  static long milliseconds(Duration duration) {
    return static_cast<long>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  }

  // Ends a mail that is under way when the mailer ends.
  static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<SmtpMailer*>(self)->stopping_ ? 1 : 0;
  }

  const SmtpSettings settings_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Mailer> smtp_mailer(SmtpSettings settings, Clock& clock) {
  return std::make_unique<SmtpMailer>(std::move(settings), clock);
}

}  // namespace belfry::sinks

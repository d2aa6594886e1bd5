#include "http/request_queue.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace belfry::http {
namespace {

constexpr size_t kHosts = 4096;  // remembered while nothing of theirs waits

// "https://example.org:8443"; two spellings of one host are two hosts, which does no harm.
std::string host_of(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t begin = scheme == url.npos ? 0 : scheme + 3;
  std::string host = url.substr(0, std::min(url.find_first_of("/?#", begin), url.size()));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return host;
}

}  // namespace

void RequestQueue::line_up(const std::string& name, Host& host) {
  if (host.ready || host.waiting.empty() || host.under_way >= host.share) return;
  host.ready = true;
  ready_.push_back(name);
}

void RequestQueue::add(Waiting waiting) {
  waiting.host = host_of(waiting.request.url);
  Host& host = hosts_[waiting.host];
  const std::string name = waiting.host;
  host.waiting.push_back(std::move(waiting));
  line_up(name, host);
}

std::optional<RequestQueue::Waiting> RequestQueue::next() {
  while (!ready_.empty()) {
    const std::string name = std::move(ready_.front());
    ready_.pop_front();
    Host& host = hosts_.at(name);
    host.ready = false;
    if (host.under_way >= host.share) continue;  // it got no answer meanwhile
    Waiting waiting = std::move(host.waiting.front());
    host.waiting.pop_front();
    ++host.under_way;
    line_up(name, host);
    return waiting;
  }
  return {};
}

void RequestQueue::ended(const std::string& name, bool answered) {
  Host& host = hosts_.at(name);
  --host.under_way;
  host.share = answered ? std::min(host.share + 1, per_host_) : std::max<size_t>(host.share / 2, 1);
  line_up(name, host);
  if (hosts_.size() > kHosts) forget_one();
}

std::deque<RequestQueue::Waiting> RequestQueue::take_all() {
  std::deque<Waiting> all;
  for (auto& [name, host] : hosts_)
    std::move(host.waiting.begin(), host.waiting.end(), std::back_inserter(all));
  hosts_.clear();
  ready_.clear();
  return all;
}

void RequestQueue::forget_one() {
  const auto idle = std::find_if(hosts_.begin(), hosts_.end(), [](const auto& it) {
    return it.second.under_way == 0 && it.second.waiting.empty();
  });
  if (idle != hosts_.end()) hosts_.erase(idle);
}

}  // namespace belfry::http

#include "http/transfer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "http/address.h"

namespace belfry::http {
namespace {

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  BELFRY_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

long milliseconds(Duration duration) {
  return std::max(
      1L, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

std::string text_of(const curl_sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  const void* raw =
      address.family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address.addr).sin_addr)
          : static_cast<const void*>(
                &reinterpret_cast<const sockaddr_in6&>(address.addr).sin6_addr);
  if (address.family == AF_INET || address.family == AF_INET6)
    ::inet_ntop(address.family, raw, text, sizeof text);
  return text;
}

// Bytes after which a header's total makes no sense any more; bodies have the request's own limit.
constexpr size_t kHeadersLimit = 256 << 10;

}  // namespace

std::string Transfer::objection(const Request& request) {
  const std::string& url = request.url;
  if (!equal_fold(std::string_view(url).substr(0, 8), "https://") &&
      !equal_fold(std::string_view(url).substr(0, 7), "http://"))
    return fmt::format("the URL '{}' begins neither with https:// nor with http://", url);
  if (std::any_of(url.begin(), url.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
    return fmt::format("the URL '{}' has white space or control characters: percent-encode them",
                       url);
  if (!is_token(request.method)) return fmt::format("'{}' is no HTTP method", request.method);
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return fmt::format("'{}' is no name of a header field", name);
    if (!is_field_value(value))
      return fmt::format("the header field {} has control characters", name);
  }
  return {};
}

Transfer::Transfer(Request request, Callback<Response> done, const Client::Options& options)
    : request_(std::move(request)),
      done_(std::move(done)),
      allow_private_networks_(options.allow_private_networks),
      handle_(curl_easy_init()) {
  BELFRY_CHECK(handle_ != nullptr);
  set(handle_, CURLOPT_PRIVATE, this);
  set(handle_, CURLOPT_ERRORBUFFER, error_);
  set(handle_, CURLOPT_NOSIGNAL, 1L);
  set(handle_, CURLOPT_URL, request_.url.c_str());
  set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(handle_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(handle_, CURLOPT_PROXY, "");
  set(handle_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  set(handle_, CURLOPT_OPENSOCKETDATA, this);
  set(handle_, CURLOPT_FOLLOWLOCATION, request_.redirects > 0 ? 1L : 0L);
  set(handle_, CURLOPT_MAXREDIRS, static_cast<long>(request_.redirects));
  set(handle_, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.connect_timeout));
  set(handle_, CURLOPT_TIMEOUT_MS, milliseconds(request_.timeout));
  set(handle_, CURLOPT_USERAGENT, options.user_agent.c_str());
  if (!options.authorities.empty()) set(handle_, CURLOPT_CAINFO, options.authorities.c_str());
  if (!options.certificate.empty()) {
    set(handle_, CURLOPT_SSLCERT, options.certificate.c_str());
    set(handle_, CURLOPT_SSLKEY, options.key.c_str());
  }
  if (!request_.user.empty() || !request_.password.empty()) {
    set(handle_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(handle_, CURLOPT_USERNAME, request_.user.c_str());
    set(handle_, CURLOPT_PASSWORD, request_.password.c_str());
  }
  if (request_.method == "HEAD") {
    set(handle_, CURLOPT_NOBODY, 1L);
  } else if (!request_.body.empty() || (request_.method != "GET" && request_.method != "DELETE" &&
                                        request_.method != "OPTIONS")) {
    set(handle_, CURLOPT_POSTFIELDS, request_.body.c_str());
    set(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (request_.method != "HEAD") set(handle_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());

  const auto add = [this](const std::string& line) {
    header_list_ = curl_slist_append(header_list_, line.c_str());
  };
  for (const auto& [name, value] : request_.headers)
    add(value.empty() ? name + ";" : name + ": " + value);
  for (const char* own : {"Expect", "Content-Type"})  // what libcurl would add unasked
    if (!find_header(request_.headers, own)) add(std::string(own) + ":");
  set(handle_, CURLOPT_HTTPHEADER, header_list_);
  set(handle_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle_, CURLOPT_WRITEDATA, this);
  set(handle_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(handle_, CURLOPT_HEADERDATA, this);
}

Transfer::~Transfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(header_list_);
}

size_t Transfer::on_body(char* bytes, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (size * count > transfer.request_.response_limit - transfer.response_.body.size()) {
    transfer.too_long_ = true;
    return 0;  // libcurl ends the transfer
  }
  transfer.response_.body.append(bytes, size * count);
  return size * count;
}

size_t Transfer::on_header(char* bytes, size_t size, size_t count, void* self) {
  auto& response = static_cast<Transfer*>(self)->response_;
  std::string_view line(bytes, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' '))
    line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // of the next answer: after a 100 or a redirect
    response.headers.clear();
    response.body.clear();
    return size * count;
  }
  const size_t colon = line.find(':');
  if (colon == line.npos) return size * count;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  size_t total = line.size();
  for (const auto& [name, text] : response.headers) total += name.size() + text.size();
  if (total > kHeadersLimit) {
    static_cast<Transfer*>(self)->too_long_ = true;
    return 0;
  }
  response.headers.emplace_back(line.substr(0, colon), value);
  return size * count;
}

// Called with the very address that is about to be connected to, so a name that resolves to another
// address the second time gains nothing; also for each redirect.
curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.allow_private_networks_ && !is_public_address(address->addr)) {
    transfer.refused_address_ = text_of(*address);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void Transfer::finish(CURLcode result) {
  if (result == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return done_(std::move(response_));
  }
  Response response;
  if (too_long_) {
    response.error = fmt::format("the answer is longer than {} bytes", request_.response_limit);
  } else if (!refused_address_.empty() && result == CURLE_COULDNT_CONNECT) {
    response.error = fmt::format(
        "{} is at {}, an address of a private or special network: deliveries there are refused "
        "unless private networks "
        "are allowed",
        request_.url, refused_address_);
    response.refused = true;
  } else {
    response.error = error_[0] ? error_ : curl_easy_strerror(result);
    response.refused = result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL ||
                       result == CURLE_LOGIN_DENIED;  // a user in the URL
  }
  done_(std::move(response));
}

void Transfer::cancel(std::string_view reason) {
  Response response;
  response.error = reason;
  done_(std::move(response));
}

}  // namespace belfry::http

// One request on its way through libcurl: a handle that is set up, run by the client's multi
// handle, and read out. Internal to http/.
#pragma once

#include <curl/curl.h>

#include <string>

#include "http/client.h"

namespace belfry::http {

class Transfer {
 public:
  // Why the request cannot be sent as it stands; empty if it can.
  static std::string objection(const Request& request);

  Transfer(Request request, Callback<Response> done, const Client::Options& options);
  ~Transfer();
  Transfer(const Transfer&) = delete;

  CURL* handle() const { return handle_; }
  void finish(CURLcode result);          // reads the handle out and calls back
  void cancel(std::string_view reason);  // calls back with an error

 private:
  static size_t on_body(char* bytes, size_t size, size_t count, void* self);
  static size_t on_header(char* bytes, size_t size, size_t count, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

  const Request request_;
  Callback<Response> done_;
  const bool allow_private_networks_;
  CURL* const handle_;
  curl_slist* header_list_ = nullptr;
  Response response_;
  char error_[CURL_ERROR_SIZE] = "";
  bool too_long_ = false;
  std::string refused_address_;
};

}  // namespace belfry::http

// A custom runtime in C++, with nothing but sockets: asks the Runtime API for events and answers each
// with its length, as anyone could write it for Lambda's provided.al2023.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

struct Answer {
  std::string head, body;
};

// One request on a connection of its own (HTTP/1.0: the end of the answer is the end of it).
Answer call(const std::string& method, const std::string& path, const std::string& body) {
  const std::string address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const size_t colon = address.find(':');
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), nullptr, &found) != 0) std::exit(1);
  const int socket = ::socket(found->ai_family, SOCK_STREAM, 0);
  if (::connect(socket, found->ai_addr, found->ai_addrlen) != 0) std::exit(1);
  ::freeaddrinfo(found);
  const std::string request = method + " /2018-06-01/runtime/" + path + " HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (size_t at = 0; at < request.size();) {
    const ssize_t sent = ::write(socket, request.data() + at, request.size() - at);
    if (sent <= 0) std::exit(1);
    at += static_cast<size_t>(sent);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(socket, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(count));
  ::close(socket);
  const size_t end = text.find("\r\n\r\n");
  return {text.substr(0, end + 2), text.substr(end + 4)};
}

std::string header(const Answer& answer, const std::string& name) {
  const size_t at = answer.head.find(name + ": ");
  if (at == std::string::npos) return {};
  const size_t from = at + name.size() + 2;
  return answer.head.substr(from, answer.head.find("\r\n", from) - from);
}

}  // namespace

int main() {
  while (true) {
    const Answer event = call("GET", "invocation/next", "");
    const std::string id = header(event, "Lambda-Runtime-Aws-Request-Id");
    if (id.empty()) return 1;
    std::cout << "C++ has " << event.body.size() << " bytes" << std::endl;
    call("POST", "invocation/" + id + "/response", "{\"bytes\": " + std::to_string(event.body.size()) + "}");
  }
}

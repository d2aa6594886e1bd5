// An orderer's channel participation API (REST over mutual TLS, what Fabric's osnadmin speaks):
// which channels it serves, and joining and leaving them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace belfry::http {
class Client;
}

namespace belfry::fabric {

struct OrderedChannel {
  std::string name;
  std::string status;    // "active", "onboarding", "inactive", "failed"
  std::string relation;  // "consenter", "follower"
  uint64_t height = 0;
};

class ParticipationClient {
 public:
  struct Options {
    std::string address;           // the admin listener: "orderer.example.com:7053"
    std::string authorities;       // PEM file; empty: the system's
    std::string certificate, key;  // PEM files: who administers
    bool plaintext = false;
    Duration timeout = std::chrono::seconds(30);
  };
  explicit ParticipationClient(Options options);
  ~ParticipationClient();

  // Errors are in the orderer's words.
  Result<std::vector<std::string>> channels();
  Result<OrderedChannel> channel(const std::string& name);
  Result<OrderedChannel> join(const std::string& block);  // a serialized configuration block
  Result<void> leave(const std::string& name);

 private:
  Result<std::string> call(const std::string& method, const std::string& path,
                           const std::string& content_type, const std::string& body);

  const Options options_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace belfry::fabric

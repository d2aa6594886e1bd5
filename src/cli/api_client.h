// The command as a client of a running belfry's admin API (docs/api.md).
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>

#include "cli/command.h"
#include "http/client.h"

namespace belfry::cli {

// --config, --data and --api: which belfry is meant.
struct ApiOptions {
  std::string config = "belfry.yaml";
  std::string data;  // empty: as the configuration says
  std::string api;   // HOST:PORT; empty: what a running belfry noted in its data directory
};
void add_api_options(CLI::App* command, ApiOptions& options);

// The data directory that the options mean; needs no configuration file to exist.
std::string data_folder_of(const ApiOptions& options);

class ApiClient {
 public:
  explicit ApiClient(const ApiOptions& options);

  struct Answer {
    bool reached = false;  // false: nothing answers there
    int status = 0;
    boost::json::value body;
    std::string error;  // empty: all is well
  };
  Answer get(const std::string& target, Duration patience = std::chrono::seconds(15));
  Answer post(const std::string& target, const boost::json::value& body,
              Duration patience = std::chrono::minutes(10));
  const std::string& address() const { return address_; }

 private:
  Answer send(http::Request request);

  std::string address_;
  std::unique_ptr<http::Client> client_;
};

// Where a running belfry notes its admin address, for the commands: DATA/admin-address.
std::string admin_address_file(const std::string& data_folder);
std::string aws_address_file(
    const std::string& data_folder);  // the same of the AWS-compatible endpoint

}  // namespace belfry::cli

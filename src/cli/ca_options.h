// What the `belfry ca` commands share: which CA, as whom, and where a certificate and its key go.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ca/client.h"
#include "cli/api_client.h"
#include "cli/command.h"

namespace belfry::cli {

struct CaOptions {
  ca::ClientOptions client;
  std::string as;  // MSP folder of the identity that signs requests
  Output output = Output::automatic;
};
// --url, --ca-name, --tls-ca
void add_ca_options(CLI::App* command, CaOptions& options);
// --as
void add_as_option(CLI::App* command, CaOptions& options);

// The certificate and its key in an MSP folder.
Result<ca::Credential> read_msp(const std::string& folder);

// A command's call as the identity of --as.
Result<boost::json::value> call_ca(const CaOptions& options, std::string_view method,
                                   const std::string& path, std::string_view body = {});
boost::json::value to_json(const ca::JsonValue& value);
// NAME=VALUE and NAME=VALUE:ecert as the CA takes them.
Result<boost::json::array> attributes_of(const std::vector<std::string>& given);

// Where an enrollment goes; at least one.
struct Destination {
  std::string msp;               // folder, as fabric-ca-client lays it out
  bool node_units = false;       // with a config.yaml that tells roles by organisational unit
  std::string certificate, key;  // PEM files
  std::string secrets;           // dev/fabricOrgs/MEMBER/USER: secrets …/signcert and …/pk
  ApiOptions api;                // which belfry's secrets
  bool given() const { return !msp.empty() || !certificate.empty() || !secrets.empty(); }
};
void add_destination_options(CLI::App* command, Destination& destination);
// Says what was written, one line each.
Result<std::vector<std::string>> deliver(const Destination& destination,
                                         const ca::Enrollment& enrollment, const std::string& id,
                                         const std::string& url);

// A file that only its owner reads, whole or not at all.
Result<void> write_private(const std::string& path, std::string_view text);

}  // namespace belfry::cli

// What `belfry devnet` tells of itself once it is ready: to people, to programs, and to the SDKs in
// connection profiles.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "cli/terminal.h"
#include "devnet/certificate_authorities.h"
#include "devnet/client_files.h"
#include "devnet/network.h"

namespace belfry::cli {

class DevnetReport {
 public:
  // Both must outlive it. `chaincode_address`: where chaincodes may dial in.
  DevnetReport(const devnet::Network& network, const devnet::CertificateAuthorities& authorities,
               std::string chaincode_address);

  // connection-ORG.json and .yaml, and connection.json and .yaml with all organisations.
  Result<void> write_profiles(FileSystem& files) const;
  std::string json() const;  // one line, for programs that start a devnet
  void print(const Terminal& out, Duration took) const;

 private:
  // osnadmin's flags; empty without TLS.
  devnet::Environment administrator_files() const;
  devnet::Environment environment(const std::string& msp_id) const;

  const devnet::Network& network_;
  const std::string chaincode_address_;
  devnet::CaAddresses cas_;
};

}  // namespace belfry::cli

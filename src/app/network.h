// A network of belfry.yaml as something to read from: peers or block files, who we are there, and
// what is checked.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "app/host.h"
#include "app/secrets.h"
#include "app/status.h"
#include "pipeline/follower.h"

namespace belfry::app {

class Network {
 public:
  // An error: credentials or block files that cannot be read. The configuration was checked.
  // `secrets` may be empty where the identity is in files.
  static Result<std::unique_ptr<Network>> make(const NetworkConfig& config, Host host,
                                               const SecretLookup& secrets);
  virtual ~Network() = default;

  virtual pipeline::BlockSource& source() = 0;
  virtual const std::string& channel() const = 0;
  virtual pipeline::VerifierAt verifier() = 0;  // empty where hashes are enough
  virtual void describe(
      NetworkStatus& status) const = 0;  // what the source knows beyond the channel's status
};

}  // namespace belfry::app

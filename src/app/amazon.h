// The real AWS as belfry.yaml's `cloud` names it: one set of credentials, one caller, for sinks,
// places and secrets. docs/cloud.md is the page for users.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "app/host.h"
#include "base/executor.h"
#include "cloud/caller.h"
#include "cloud/credentials.h"
#include "pipeline/place_keeper.h"
#include "pipeline/sink.h"

namespace belfry::app {

// Whether anything in the configuration needs it.
bool needs_cloud(const Config& config);
bool in_cloud(const Target& target);

class Amazon {
 public:
  // An error: no region is named anywhere. Nobody is called yet.
  static Result<std::unique_ptr<Amazon>> make(const CloudConfig& config, Host host);
  // Calls end, and later ones do at once: before what their answers go to is taken down.
  void stop() { caller_->stop(); }

  cloud::Caller& caller() { return *caller_; }
  bool keeps_secrets() const { return secrets_; }
  std::shared_ptr<pipeline::Sink> sink(const Target& target);
  // Null: in the store, as ever.
  std::shared_ptr<pipeline::PlaceKeeper> places(const std::string& key);

 private:
  Amazon() = default;
  std::string places_table_;
  bool secrets_ = false;
  std::unique_ptr<cloud::CredentialChain> credentials_;
  std::unique_ptr<cloud::Caller> caller_;
  std::unique_ptr<Executor> executor_;  // of retries; ends before the caller does
};

}  // namespace belfry::app

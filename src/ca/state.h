// What a Ca is made of. For this folder's own files.
#pragma once

#include <memory>
#include <mutex>

#include "ca/authority.h"
#include "ca/issuer.h"
#include "ca/registry.h"

namespace belfry::ca {

struct CaState {
  CaSettings settings;
  CaHost host;
  std::unique_ptr<Registry> registry;
  Issuer issuer;
  bool fresh = false;
  std::mutex mutex;  // around the registry

  // None for a profile that there is not. The empty name is the default's.
  std::optional<std::pair<Profile, Duration>> profile(std::string_view name) const;
  // From when until when a certificate issued now is good: never longer than the authority's own.
  // Its begin is the authority's, so that a peer whose clock is behind accepts it.
  std::pair<WallTime, WallTime> validity(Duration expiry) const;
};

// The attribute extension's text: {"attrs":{…}}, names sorted.
std::string attribute_text(std::vector<std::pair<std::string, std::string>> attributes);

}  // namespace belfry::ca

// The organisations' certificate authorities as Fabric CA servers, with the very roots that the
// network's own identities come from: whom they enroll is a member of the channel.
//
// ca-org1 on the first port (7054), ca-org2 1000 further, and so on, as the samples have it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "devnet/material.h"

namespace belfry::devnet {

struct CertificateAuthoritiesSettings {
  std::string folder;  // of their state; empty: nothing is kept
  std::string host = "127.0.0.1";
  uint16_t port = 7054;  // 0: free ones
  bool tls = true;
  bool older_tokens = false;  // also those of fabric-ca-client 1.4
};

class CertificateAuthorities {
 public:
  static Result<std::unique_ptr<CertificateAuthorities>> start(
      const CertificateAuthoritiesSettings& settings, const Material& material, FileSystem& files,
      Clock& clock, Random& random);
  virtual ~CertificateAuthorities() = default;

  // "https://localhost:7054"; empty when the organisation has none.
  virtual std::string url(const std::string& msp_id) const = 0;
  // "ca-org1"
  static std::string name_of(const OrganizationMaterial& organization);
};

}  // namespace belfry::devnet

// What a CA knows and keeps: identities and the certificates it issued. The stored form is JSON
// (docs/formats/ca.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace belfry::ca {

struct Attribute {
  std::string name, value;
  bool ecert = false;  // goes into certificates without being asked for
};

struct Identity {
  std::string id;
  std::string type;                   // client, peer, orderer, admin, user, or anything
  std::string affiliation;            // "org1.department1"; empty is the root of all
  std::vector<Attribute> attributes;  // as registered: of those with one name the last counts
  int64_t max_enrollments = -1;       // -1: any number; 0: none
  int64_t enrollments = 0;
  bool revoked = false;
  int64_t wrong_secrets = 0;  // since the last right one
  std::string secret_hash;    // secret_hash.h
  uint64_t number = 0;        // in the order of registration; set by the registry

  const Attribute* attribute(std::string_view name) const;  // null if it has none
  std::vector<Attribute> effective_attributes() const;      // one of each name
  std::string_view value(std::string_view name) const;      // empty if it has none
  // Changes, adds, or with an empty value removes.
  void set(const Attribute& attribute);
};

struct IssuedCertificate {
  std::string serial, aki;  // hex in lower case, without leading zeros, as answers have them
  std::string id;           // of its identity
  std::string pem;
  WallTime not_after{};
  std::optional<WallTime> revoked;
  int reason = 0;       // RFC 5280 §5.3.1
  uint64_t number = 0;  // in the order of issue; set by the registry
};

std::string encode(const Identity& identity);
std::string encode(const IssuedCertificate& certificate);
Result<Identity> decode_identity(std::string_view stored);
Result<IssuedCertificate> decode_certificate(std::string_view stored);

}  // namespace belfry::ca

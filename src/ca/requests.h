// The bodies of requests, as structs. Each is read in the words of Go's encoding/json
// (json_fields.h), under the names that fabric-ca's own structs have, because its messages name
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ca/certificate_request.h"
#include "ca/json_fields.h"
#include "ca/records.h"

namespace belfry::ca {

struct AttributeRequest {
  std::string name;
  bool optional = false;
};

struct EnrollRequest {
  std::string certificate_request, profile;
  std::optional<std::vector<std::string>> hosts;  // none: those of the certificate request
  std::optional<Subject> subject;                 // its parts win over the certificate request's
  std::optional<WallTime> not_before;
  std::optional<std::vector<AttributeRequest>> attributes;  // none: those marked for certificates
  bool has_extensions = false;
};

struct RegisterRequest {
  std::string id, type, affiliation, secret;
  int64_t max_enrollments = 0;  // 0: the CA's maximum
  std::vector<Attribute> attributes;
};

// The same, asked of the identities.
struct AddIdentityRequest : RegisterRequest {};

struct ModifyIdentityRequest {
  std::string type, affiliation, secret;  // empty: unchanged
  int64_t max_enrollments = 0;            // 0: unchanged; -2: none
  std::vector<Attribute> attributes;
};

struct RevokeRequest {
  std::string id, serial, aki, reason;
  bool with_list = false;
};

struct CrlRequest {
  std::optional<WallTime> revoked_after, revoked_before, expire_after, expire_before;
};

struct AddAffiliationRequest {
  std::string name;
};

struct ModifyAffiliationRequest {
  std::string name;  // the new one
};

// Which CA the body names; read before the rest.
struct CaNameRequest {
  std::string name;
};

void read(const JsonValue& body, FieldErrors& errors, EnrollRequest& request);
void read(const JsonValue& body, FieldErrors& errors, RegisterRequest& request);
void read(const JsonValue& body, FieldErrors& errors, AddIdentityRequest& request);
void read(const JsonValue& body, FieldErrors& errors, ModifyIdentityRequest& request);
void read(const JsonValue& body, FieldErrors& errors, RevokeRequest& request);
void read(const JsonValue& body, FieldErrors& errors, CrlRequest& request);
void read(const JsonValue& body, FieldErrors& errors, AddAffiliationRequest& request);
void read(const JsonValue& body, FieldErrors& errors, ModifyAffiliationRequest& request);
void read(const JsonValue& body, FieldErrors& errors, CaNameRequest& request);

}  // namespace belfry::ca

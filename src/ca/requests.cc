#include "ca/requests.h"

namespace belfry::ca {
namespace {

constexpr std::string_view kSign = "SignRequest", kRegistration = "RegistrationRequest";

void read_attributes(const ObjectReader& fields, std::string_view within,
                     std::vector<Attribute>& into) {
  fields.objects(
      "attrs", "api.Attribute", within, [&into] { into.clear(); },
      [&into](const ObjectReader& element) {
        Attribute& attribute = into.emplace_back();
        element.text("name", attribute.name);
        element.text("value", attribute.value);
        element.boolean("ecert", attribute.ecert);
      });
}

void read_subject(const ObjectReader& fields, std::optional<Subject>& into) {
  fields.object("subject", "signer.Subject", kSign, [&into](const ObjectReader& subject) {
    Subject& parts = into.emplace();
    subject.text("CN", parts.common_name);
    subject.text("SerialNumber", parts.serial_number);
    subject.objects(
        "names", "csr.Name", {}, [] {},
        [&parts](const ObjectReader& name) {
          for (const auto& [key, values] : {std::pair("C", &parts.country),
                                            {"ST", &parts.state},
                                            {"L", &parts.locality},
                                            {"O", &parts.organization}}) {
            std::string value;
            name.text(key, value);
            if (!value.empty()) values->push_back(value);
          }
        });
  });
}

}  // namespace

void read(const JsonValue& body, FieldErrors& errors, EnrollRequest& request) {
  const ObjectReader fields(body, "api.EnrollmentRequestNet", errors);
  std::string unused;
  fields.texts("hosts", request.hosts, kSign);
  fields.text("certificate_request", request.certificate_request, kSign);
  read_subject(fields, request.subject);
  fields.text("profile", request.profile, kSign);
  fields.text("crl_override", unused, kSign);
  fields.text("label", unused, kSign);
  fields.objects(
      "extensions", "signer.Extension", kSign, [] {},
      [&request](const ObjectReader&) { request.has_extensions = true; });
  fields.time("NotBefore", request.not_before, kSign);
  std::optional<WallTime> not_after;  // read for its errors only: the CA decides
  fields.time("NotAfter", not_after, kSign);
  fields.text("CAName", unused);
  fields.objects(
      "attr_reqs", "*api.AttributeRequest", {}, [&request] { request.attributes.emplace(); },
      [&request](const ObjectReader& element) {
        AttributeRequest& attribute = request.attributes->emplace_back();
        element.text("name", attribute.name);
        element.boolean("optional", attribute.optional);
      });
}

void read(const JsonValue& body, FieldErrors& errors, RegisterRequest& request) {
  const ObjectReader fields(body, "api.RegistrationRequestNet", errors);
  fields.text("id", request.id, kRegistration);
  fields.text("type", request.type, kRegistration);
  fields.text("secret", request.secret, kRegistration);
  fields.integer("max_enrollments", request.max_enrollments, kRegistration);
  fields.text("affiliation", request.affiliation, kRegistration);
  read_attributes(fields, kRegistration, request.attributes);
}

void read(const JsonValue& body, FieldErrors& errors, AddIdentityRequest& request) {
  const ObjectReader fields(body, "api.AddIdentityRequest", errors);
  fields.text("id", request.id);
  fields.text("type", request.type);
  fields.text("affiliation", request.affiliation);
  read_attributes(fields, {}, request.attributes);
  fields.integer("max_enrollments", request.max_enrollments);
  fields.text("secret", request.secret);
}

void read(const JsonValue& body, FieldErrors& errors, ModifyIdentityRequest& request) {
  const ObjectReader fields(body, "api.ModifyIdentityRequest", errors);
  fields.text("type", request.type);
  fields.text("affiliation", request.affiliation);
  read_attributes(fields, {}, request.attributes);
  fields.integer("max_enrollments", request.max_enrollments);
  fields.text("secret", request.secret);
}

void read(const JsonValue& body, FieldErrors& errors, RevokeRequest& request) {
  constexpr std::string_view kRevocation = "RevocationRequest";
  const ObjectReader fields(body, "api.RevocationRequestNet", errors);
  fields.text("id", request.id, kRevocation);
  fields.text("serial", request.serial, kRevocation);
  fields.text("aki", request.aki, kRevocation);
  fields.text("reason", request.reason, kRevocation);
  fields.boolean("gencrl", request.with_list, kRevocation);
}

void read(const JsonValue& body, FieldErrors& errors, CrlRequest& request) {
  const ObjectReader fields(body, "api.GenCRLRequest", errors);
  fields.time("revokedafter", request.revoked_after);
  fields.time("revokedbefore", request.revoked_before);
  fields.time("expireafter", request.expire_after);
  fields.time("expirebefore", request.expire_before);
}

void read(const JsonValue& body, FieldErrors& errors, AddAffiliationRequest& request) {
  const ObjectReader fields(body, "api.AddAffiliationRequestNet", errors);
  fields.text("name", request.name, "AddAffiliationRequest");
}

void read(const JsonValue& body, FieldErrors& errors, ModifyAffiliationRequest& request) {
  const ObjectReader fields(body, "api.ModifyAffiliationRequestNet", errors);
  fields.text("name", request.name, "ModifyAffiliationRequest");
}

void read(const JsonValue& body, FieldErrors& errors, CaNameRequest& request) {
  const ObjectReader fields(body, "lib.caNameReqBody", errors);
  fields.text("caname", request.name);
}

}  // namespace belfry::ca

// enroll and reenroll: a certificate for who knows an identity's secret, or has a certificate of
// it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/bytes.h"
#include "ca/attribute_rules.h"
#include "ca/endpoints.h"
#include "ca/go_text.h"
#include "ca/json.h"
#include "ca/openssl.h"

namespace belfry::ca {
namespace {

// The codes are cfssl's, which fabric-ca signs with.
tl::unexpected<Refusal> cannot_sign(int code, std::string_view message) {
  return refuse(
      500, 0,
      fmt::format(R"(Certificate signing failure: {{"code":{},"message":"{}"}})", code, message));
}

std::string_view verification_failure(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return "crypto/rsa: verification error";
    case EVP_PKEY_ED25519:
      return "x509: Ed25519 verification failure";
    default:
      return "x509: ECDSA verification failure";
  }
}

// The body's parts of the subject, else the certificate request's. The units are the CA's to say:
// type and affiliation decide what a peer lets the identity do.
Subject subject_of(const EnrollRequest& request, const CertificateRequest& csr,
                   const Identity& identity) {
  Subject subject = request.subject.value_or(Subject());
  const auto otherwise = [](auto& part, const auto& from_csr) {
    if (part.empty()) part = from_csr;
  };
  otherwise(subject.country, csr.subject.country);
  otherwise(subject.state, csr.subject.state);
  otherwise(subject.locality, csr.subject.locality);
  otherwise(subject.organization, csr.subject.organization);
  otherwise(subject.serial_number, csr.subject.serial_number);
  subject.common_name = identity.id;
  subject.units = {identity.type};
  for (auto& part : split(identity.affiliation, '.')) subject.units.push_back(std::move(part));
  std::erase(subject.units, "");
  return subject;
}

Outcome<std::string> attributes_of(const EnrollRequest& request, const Identity& identity) {
  std::vector<std::pair<std::string, std::string>> given;
  if (!request.attributes) {
    for (const Attribute& attribute : identity.effective_attributes())
      if (attribute.ecert) given.emplace_back(attribute.name, attribute.value);
    return given.empty() ? std::string() : attribute_text(std::move(given));
  }
  std::vector<std::string> missing;
  for (const AttributeRequest& asked : *request.attributes) {
    const bool seen =
        std::ranges::any_of(given, [&asked](const auto& it) { return it.first == asked.name; });
    if (const Attribute* attribute = identity.attribute(asked.name); attribute && !seen)
      given.emplace_back(attribute->name, attribute->value);
    else if (!attribute && !asked.optional)
      missing.push_back(asked.name);
  }
  if (!missing.empty())
    return refuse(500, 0,
                  fmt::format("Failed to find requested attributes: The following required "
                              "attributes are missing: [{}]",
                              fmt::join(missing, " ")));
  return attribute_text(std::move(given));
}

Outcome<IssuedCertificate> issue(Call& call) {
  auto request = call.body<EnrollRequest>();
  if (!request) return tl::unexpected(request.error());
  CaState& ca = call.ca();
  const Identity& identity = call.caller();
  auto csr = parse_certificate_request(request->certificate_request);
  if (!csr) return tl::unexpected(csr.error());
  if (csr->subject.common_name != identity.id ||
      (request->subject && request->subject->common_name != identity.id))
    return refuse(403, 77, "The CSR subject common name must equal the enrollment ID");
  const auto profile = ca.profile(request->profile);
  if (!profile) return refuse(500, 0, fmt::format("Invalid profile: '{}'", request->profile));
  if (profile->first.authority || csr->wants_authority)
    if (auto may = call.needs_right(kIntermediateCa); !may) return tl::unexpected(may.error());
  if (auto fits = check_bounds(csr->subject); !fits) return tl::unexpected(fits.error());
  auto attributes = attributes_of(*request, identity);
  if (!attributes) return tl::unexpected(attributes.error());
  if (!csr->signature_good) return cannot_sign(9300, verification_failure(csr->key.get()));
  if (csr->wants_authority && !profile->first.authority)
    return cannot_sign(5300, "Policy violation request");
  if (request->has_extensions) return cannot_sign(1300, "Invalid certificate request");

  CertificateTemplate what;
  what.subject = subject_of(*request, *csr, identity);
  what.names = request->hosts ? names_of_hosts(*request->hosts) : csr->names;
  if (profile->first.authority) what.names = {.addresses = std::move(what.names.addresses)};
  what.profile = profile->first;
  std::tie(what.not_before, what.not_after) = ca.validity(profile->second);
  if (request->not_before) what.not_before = std::max(what.not_before, *request->not_before);
  what.attributes = std::move(*attributes);
  const msp::Certificate certificate = ca.issuer.sign(what, csr->key.get(), ca.host.random);
  IssuedCertificate issued;
  issued.serial = serial_of(certificate);
  issued.aki = authority_key_id_of(certificate);
  issued.id = identity.id;
  issued.pem = certificate.pem();
  issued.not_after = certificate.not_after();
  return issued;
}

Outcome<Answer> answer_with(Call& call, Change change, const std::string& pem) {
  if (auto applied = call.apply(std::move(change)); !applied)
    return tl::unexpected(applied.error());
  return Answer{
      201,
      fmt::format(R"({{"Cert":"{}","ServerInfo":{}}})", base64(pem), info_json(call.ca(), "")),
      {}};
}

}  // namespace

Outcome<Answer> enroll(Call& call) {
  if (auto known = call.authenticate_by_secret(); !known) return tl::unexpected(known.error());
  auto issued = issue(call);
  if (!issued) return tl::unexpected(issued.error());
  Change change;
  change.identities.push_back(call.caller());
  ++change.identities.back().enrollments;
  change.certificates.push_back(*issued);
  return answer_with(call, std::move(change), issued->pem);
}

Outcome<Answer> reenroll(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  auto issued = issue(call);
  if (!issued) return tl::unexpected(issued.error());
  return answer_with(call, {.certificates = {*issued}}, issued->pem);
}

}  // namespace belfry::ca

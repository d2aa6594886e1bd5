#include "ca/records.h"

#include <fmt/format.h>

#include <algorithm>

#include "ca/json.h"
#include "ca/json_fields.h"

namespace belfry::ca {
namespace {

int64_t nanoseconds(WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

const Attribute* Identity::attribute(std::string_view name) const {
  const Attribute* last = nullptr;
  for (const Attribute& it : attributes)
    if (it.name == name) last = &it;
  return last;
}

std::vector<Attribute> Identity::effective_attributes() const {
  std::vector<Attribute> out;
  for (const Attribute& it : attributes)
    if (attribute(it.name) == &it) out.push_back(it);
  return out;
}

std::string_view Identity::value(std::string_view name) const {
  const Attribute* found = attribute(name);
  return found ? std::string_view(found->value) : std::string_view();
}

void Identity::set(const Attribute& attribute) {
  const auto found = std::ranges::find(attributes, attribute.name, &Attribute::name);
  if (found != attributes.end()) {
    if (attribute.value.empty())
      attributes.erase(found);
    else
      *found = attribute;
  } else if (!attribute.value.empty()) {
    attributes.push_back(attribute);
  }
}

std::string encode(const Identity& identity) {
  std::string out = fmt::format(
      R"({{"number":{},"id":{},"type":{},"affiliation":{},"max":{},"enrollments":{},"revoked":{},"wrong":{},"secret":{},"attributes":[)",
      identity.number, go_string(identity.id), go_string(identity.type),
      go_string(identity.affiliation), identity.max_enrollments, identity.enrollments,
      identity.revoked, identity.wrong_secrets, go_string(identity.secret_hash));
  for (size_t i = 0; i < identity.attributes.size(); ++i) {
    const Attribute& attribute = identity.attributes[i];
    out += fmt::format(R"({}{{"name":{},"value":{},"ecert":{}}})", i ? "," : "",
                       go_string(attribute.name), go_string(attribute.value), attribute.ecert);
  }
  return out + "]}";
}

std::string encode(const IssuedCertificate& certificate) {
  return fmt::format(
      R"({{"number":{},"serial":{},"aki":{},"id":{},"not_after":{},"revoked":{},"reason":{},"pem":{}}})",
      certificate.number, go_string(certificate.serial), go_string(certificate.aki),
      go_string(certificate.id), nanoseconds(certificate.not_after),
      certificate.revoked ? nanoseconds(*certificate.revoked) : 0, certificate.reason,
      go_string(certificate.pem));
}

Result<Identity> decode_identity(std::string_view stored) {
  const auto value = parse_json(stored);
  if (!value) return tl::unexpected(value.error());
  Identity identity;
  FieldErrors errors;
  const ObjectReader fields(*value, "ca.Identity", errors);
  int64_t number = 0;
  fields.integer("number", number);
  fields.text("id", identity.id);
  fields.text("type", identity.type);
  fields.text("affiliation", identity.affiliation);
  fields.integer("max", identity.max_enrollments);
  fields.integer("enrollments", identity.enrollments);
  fields.boolean("revoked", identity.revoked);
  fields.integer("wrong", identity.wrong_secrets);
  fields.text("secret", identity.secret_hash);
  fields.objects(
      "attributes", "ca.Attribute", {}, [] {},
      [&identity](const ObjectReader& element) {
        Attribute& attribute = identity.attributes.emplace_back();
        element.text("name", attribute.name);
        element.text("value", attribute.value);
        element.boolean("ecert", attribute.ecert);
      });
  identity.number = static_cast<uint64_t>(number);
  if (errors.first()) return fail(*errors.first());
  return identity;
}

Result<IssuedCertificate> decode_certificate(std::string_view stored) {
  const auto value = parse_json(stored);
  if (!value) return tl::unexpected(value.error());
  IssuedCertificate certificate;
  FieldErrors errors;
  const ObjectReader fields(*value, "ca.Certificate", errors);
  int64_t number = 0, not_after = 0, revoked = 0, reason = 0;
  fields.integer("number", number);
  fields.text("serial", certificate.serial);
  fields.text("aki", certificate.aki);
  fields.text("id", certificate.id);
  fields.integer("not_after", not_after);
  fields.integer("revoked", revoked);
  fields.integer("reason", reason);
  fields.text("pem", certificate.pem);
  certificate.number = static_cast<uint64_t>(number);
  certificate.not_after = WallTime(Duration(not_after));
  if (revoked != 0) certificate.revoked = WallTime(Duration(revoked));
  certificate.reason = static_cast<int>(reason);
  if (errors.first()) return fail(*errors.first());
  return certificate;
}

}  // namespace belfry::ca

#include "devnet/local_msp.h"

#include <fmt/format.h>

#include "msp/identity.h"
#include "msp/msp_config.pb.h"

namespace belfry::devnet {

Result<LocalMsp> LocalMsp::create(const OrganizationMaterial& organization) {
  ::msp::FabricMSPConfig config;
  config.set_name(organization.msp_id);
  config.add_root_certs(organization.ca.certificate);
  config.add_tls_root_certs(organization.tls_ca.certificate);
  auto& units = *config.mutable_fabric_node_ous();
  units.set_enable(true);
  const auto name = [&](::msp::FabricOUIdentifier* unit, const char* text) {
    unit->set_certificate(organization.ca.certificate);
    unit->set_organizational_unit_identifier(text);
  };
  name(units.mutable_client_ou_identifier(), "client");
  name(units.mutable_peer_ou_identifier(), "peer");
  name(units.mutable_admin_ou_identifier(), "admin");
  name(units.mutable_orderer_ou_identifier(), "orderer");
  auto msp = msp::Msp::create(config, msp::MspVersion::v1_4_3);
  if (!msp) return tl::unexpected(msp.error());
  return LocalMsp(std::move(*msp));
}

Result<msp::MemberPtr> LocalMsp::member(std::string_view identity) const {
  const auto parts = msp::parse_identity(identity);
  if (!parts) return tl::unexpected(parts.error());
  if (parts->msp_id != msp_->id())
    return fail(fmt::format("expected MSP ID {}, received {}", msp_->id(), parts->msp_id));
  return msp_->member(parts->certificate_pem);
}

Result<void> LocalMsp::check(const std::string& policy, std::string_view identity,
                             std::string_view message, std::string_view signature,
                             ledger::SignatureCache& signatures) const {
  const auto found = member(identity);
  if (!found)
    return fail(
        fmt::format("Failed deserializing proposal creator during channelless check policy "
                    "with policy [{}]: [{}]",
                    policy, found.error().message));
  if (policy != "Admins" && policy != "Members")
    return fail(
        fmt::format("Failed getting local MSP principal during channelless check policy "
                    "with policy [{0}]: [MSP Principal role [{0}] not recognized]",
                    policy));
  if (policy == "Admins" && !(*found)->is(msp::Role::admin))
    return fail(fmt::format(
        "Failed verifying that proposal's creator satisfies local MSP principal during channelless "
        "check policy with policy [{0}]: [The identity is not an admin under this MSP [{1}]: The "
        "identity does not contain OU [ADMIN], MSP: [{1}]]",
        policy, msp_->id()));
  if (!signatures.verify(**found, identity, message, signature))
    return fail("The signature is invalid");
  return {};
}

}  // namespace belfry::devnet

#include "app/mail_settings.h"

namespace belfry::app {
namespace {

sinks::SmtpSettings::Security security(SmtpConfig::Security given) {
  switch (given) {
    case SmtpConfig::Security::tls:
      return sinks::SmtpSettings::Security::tls;
    case SmtpConfig::Security::none:
      return sinks::SmtpSettings::Security::none;
    case SmtpConfig::Security::starttls:
      break;
  }
  return sinks::SmtpSettings::Security::starttls;
}

}  // namespace

Result<sinks::SmtpSettings> mail_settings(const SmtpConfig& config) {
  sinks::SmtpSettings settings;
  settings.address = config.address.value;
  settings.security = security(config.security);
  settings.user = config.user.value;
  settings.password = config.password.value;
  settings.from = config.from.value;
  settings.authorities = config.tls_ca.value;
  if (!config.dkim) return settings;
  const DkimConfig& dkim = *config.dkim;
  if (dkim.key.empty()) return fail("a DKIM signature needs its `key` or `key_file`");
  std::string domain = dkim.domain.value;
  if (domain.empty()) {
    domain = sinks::bare_address(config.from.value);
    domain.erase(0, domain.rfind('@') + 1);
  }
  auto signer = sinks::DkimSigner::make({domain, dkim.selector.value, dkim.key.value});
  if (!signer) return fail("dkim: " + signer.error().message);
  settings.dkim = std::move(*signer);
  return settings;
}

}  // namespace belfry::app

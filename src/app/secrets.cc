#include "app/secrets.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <cstdio>

#include "app/config_check.h"
#include "base/log.h"

namespace belfry::app {

namespace {

constexpr size_t kMostKeyText = 4096;  // of what a command prints

// The command's output. Run by the shell, as people write it in a file.
Result<std::string> output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "re");
  if (!pipe) return fail(fmt::format("cannot run `{}`", command));
  std::string text(kMostKeyText, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  const int status = ::pclose(pipe);
  if (status == 0) return text;
  wipe(text);
  return fail(fmt::format("`{}` ended with status {}: it must print the master key", command,
                          WIFEXITED(status) ? WEXITSTATUS(status) : status));
}

Result<MasterKey> master_key(Host host, const SecretsConfig& config, const std::string& folder) {
  if (!config.master_key.empty()) return MasterKey::parse(config.master_key.value);
  if (!config.master_key_file.empty()) return MasterKey::read(config.master_key_file.value);
  if (!config.master_key_command.empty()) {
    auto text = output_of(config.master_key_command.value);
    if (!text) return tl::unexpected(text.error());
    auto key = MasterKey::parse(*text);
    wipe(*text);
    return std::move(key).with_context("what the master_key_command printed");
  }
  const std::string path = folder + "/master-key";
  bool made = false;
  auto key = MasterKey::read_or_make(path, host.random, made);
  if (key && made)
    log::warn(
        "made a master key beside the secrets: whoever can copy this folder can read them, and "
        "without this file nobody can; for more, keep the key elsewhere (`secrets` in belfry.yaml)",
        {{"file", path}});
  return key;
}

struct Place {
  std::string where;  // "sms.smpp.password"
  Text* text;
};

// Every text of the configuration that may be a secret's name.
std::vector<Place> places(Config& config) {
  std::vector<Place> found;
  const auto add = [&](std::string where, Text& text) {
    if (text.secret) found.push_back({std::move(where), &text});
  };
  if (config.sms.smpp) add("sms.smpp.password", config.sms.smpp->password);
  if (config.smtp) add("smtp.password", config.smtp->password);
  if (config.smtp && config.smtp->dkim) add("smtp.dkim.key", config.smtp->dkim->key);
  if (config.sms.gateway) add("sms.gateway.password", config.sms.gateway->password);
  if (config.aws)
    for (auto& user : config.aws->users)
      add(fmt::format("aws.users.{}.secret_key", user.name), user.value.secret_key);
  return found;
}

std::string text_of(const boost::json::object& object, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const auto* found = object.if_contains(name); found && found->is_string())
      return std::string(found->get_string());
  return {};
}

}  // namespace

Result<std::unique_ptr<aws::SecretsStore>> open_secrets(Host host, const SecretsConfig& config,
                                                        const std::string& folder,
                                                        queue::Store& store) {
  auto key = master_key(host, config, folder);
  if (!key) return fail("the master key of the secrets: " + key.error().message);
  if (auto checked = aws::check_master_key(store, *key); !checked)
    return tl::unexpected(checked.error());
  return std::make_unique<aws::SecretsStore>(store, host.clock, host.random, std::move(*key));
}

bool needs_secrets(const Config& config) {
  for (const auto& network : config.networks)
    if (network.value.identity && !network.value.identity->secret.empty()) return true;
  return !places(const_cast<Config&>(config)).empty();
}

Result<void> resolve_secrets(Config& config, const SecretLookup& secrets) {
  for (const Place& place : places(config)) {
    auto value = secrets(place.text->value);
    if (!value) return fail(fmt::format("{}: {}", place.where, value.error().message));
    if (value->ends_with('\n')) value->pop_back();
    *place.text = {std::move(*value), place.text->at};
  }
  // What a secret turned out to be is held to the same rules as what stands in the file.
  std::vector<Problem> problems;
  check_sms(config, problems);
  check_smtp(config, problems);
  if (!problems.empty()) return fail(problems[0].message);
  return {};
}

Result<msp::IdentityPem> identity_secret(const SecretLookup& secrets, const std::string& name) {
  auto certificate = secrets(name + "/signcert");
  if (certificate) {
    auto key = secrets(name + "/pk");
    if (!key) return tl::unexpected(key.error());
    return msp::IdentityPem{std::move(*certificate), std::move(*key)};
  }
  auto value = secrets(name);
  if (!value) return tl::unexpected(certificate.error());
  boost::system::error_code error;
  const auto parsed = boost::json::parse(*value, error);
  wipe(*value);
  if (error || !parsed.is_object())
    return fail(fmt::format("the secret '{}' is no JSON object with certificate and key", name));
  msp::IdentityPem pem{text_of(parsed.get_object(), {"certificate", "signcert"}),
                       text_of(parsed.get_object(), {"key", "pk"})};
  for (const auto& [text, key] : {std::pair(&pem.certificate, "certificate"), {&pem.key, "key"}})
    if (text->empty()) return fail(fmt::format("the secret '{}' has no \"{}\"", name, key));
  return pem;
}

}  // namespace belfry::app

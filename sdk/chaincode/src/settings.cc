#include "settings.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>

namespace belfry::chaincode {
namespace {

struct Setting {
  const char* flag;
  std::vector<const char*> variables;  // the first one set counts
  const char* help;
};

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> settings = {
      {"chaincode-id",
       {"CORE_CHAINCODE_ID_NAME", "CHAINCODE_ID"},
       "the package id, or NAME:VERSION in development mode"},
      {"address",
       {"CHAINCODE_SERVER_ADDRESS", "CHAINCODE_ADDRESS"},
       "HOST:PORT to serve on; peers connect"},
      {"peer.address", {"CORE_PEER_ADDRESS"}, "HOST:PORT of a peer to dial instead"},
      {"tls-cert", {"CHAINCODE_TLS_CERT"}, "certificate to serve with (PEM file)"},
      {"tls-key", {"CHAINCODE_TLS_KEY"}, "its key (PEM file)"},
      {"tls-client-ca",
       {"CHAINCODE_CLIENT_CA_CERT"},
       "authority that peers must come with (PEM file)"},
      {"threads", {"CHAINCODE_THREADS"}, "transactions that run at a time (64)"},
  };
  return settings;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{"cannot read " + path};
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Peers that start a chaincode give it key and certificate in files of base64; later ones as PEM,
// too.
Result<std::string> read_pem(const std::string& path) {
  auto text = read_file(path);
  if (!text || text->find("-----BEGIN") != std::string::npos) return text;
  text->erase(std::remove_if(text->begin(), text->end(), [](unsigned char c) { return c <= ' '; }),
              text->end());
  std::string out(text->size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text->data()),
                                   static_cast<int>(text->size()));
  if (size < 0) return Error{path + " is neither PEM nor base64"};
  out.resize(out.find_last_not_of('\0', static_cast<std::size_t>(size)) + 1);
  return out;
}

bool is_true(const std::optional<std::string>& value) {
  return value && (*value == "true" || *value == "1");
}

// The TLS that a peer which starts chaincode asks it to dial with.
Result<std::optional<Tls>> dialling_tls(const Environment& environment) {
  if (!is_true(environment("CORE_PEER_TLS_ENABLED"))) return std::optional<Tls>();
  Tls tls;
  const auto first = [&](const char* pem, const char* base64) {
    const auto value = environment(pem);
    return value ? value : environment(base64);
  };
  const std::pair<std::optional<std::string>, std::string Tls::*> files[] = {
      {environment("CORE_PEER_TLS_ROOTCERT_FILE"), &Tls::authority},
      {first("CORE_TLS_CLIENT_KEY_FILE", "CORE_TLS_CLIENT_KEY_PATH"), &Tls::key},
      {first("CORE_TLS_CLIENT_CERT_FILE", "CORE_TLS_CLIENT_CERT_PATH"), &Tls::certificate}};
  for (const auto& [path, member] : files) {
    if (!path) continue;
    auto pem = read_pem(*path);
    if (!pem) return pem.error();
    tls.*member = *std::move(pem);
  }
  return std::optional(std::move(tls));
}

Result<std::optional<Tls>> serving_tls(const std::map<std::string, std::string>& values,
                                       const Environment& environment) {
  const auto get = [&](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
  const auto disabled = environment("CHAINCODE_TLS_DISABLED");
  if (is_true(disabled) || (get("tls-cert").empty() && get("tls-key").empty()))
    return std::optional<Tls>();
  if (get("tls-cert").empty() || get("tls-key").empty())
    return Error{"TLS needs both --tls-cert and --tls-key"};
  Tls tls;
  const std::pair<const char*, std::string Tls::*> files[] = {
      {"tls-cert", &Tls::certificate}, {"tls-key", &Tls::key}, {"tls-client-ca", &Tls::authority}};
  for (const auto& [name, member] : files) {
    if (get(name).empty()) continue;
    auto pem = read_file(get(name));
    if (!pem) return pem.error();
    tls.*member = *std::move(pem);
  }
  return std::optional(std::move(tls));
}

Result<std::map<std::string, std::string>> gather(const std::vector<std::string>& arguments,
                                                  const Environment& environment) {
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto begin = argument.find_first_not_of('-');
    const auto equals = argument.find('=');
    const auto name =
        begin == std::string::npos ? argument : argument.substr(begin, equals - begin);
    const auto& settings = all_settings();
    const bool known = begin == 1 || begin == 2;
    if (!known || std::none_of(settings.begin(), settings.end(),
                               [&](const Setting& it) { return name == it.flag; })) {
      return Error{"unknown argument " + argument};
    }
    if (equals == std::string::npos && i + 1 == arguments.size())
      return Error{argument + " needs a value"};
    values[name] = equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
  }
  for (const Setting& setting : all_settings()) {
    for (const char* variable : setting.variables) {
      const auto value = environment(variable);
      if (value && !value->empty()) values.emplace(setting.flag, *value);
    }
  }
  return values;
}

}  // namespace

Result<Settings> read_settings(const std::vector<std::string>& arguments,
                               const Environment& environment) {
  Settings out;
  if (std::any_of(arguments.begin(), arguments.end(),
                  [](const auto& it) { return it == "--help" || it == "-h"; })) {
    out.help = true;
    return out;
  }
  const auto values = gather(arguments, environment);
  if (!values) return values.error();
  const auto find = [&](const char* name) -> const std::string* {
    const auto found = values->find(name);
    return found == values->end() ? nullptr : &found->second;
  };
  if (const auto* id = find("chaincode-id")) out.serve.id = *id;
  if (out.serve.id.empty())
    return Error{"the chaincode's id is missing: set CORE_CHAINCODE_ID_NAME or --chaincode-id"};
  if (const auto* threads = find("threads")) {
    const auto [end, code] = std::from_chars(threads->data(), threads->data() + threads->size(),
                                             out.serve.limits.threads);
    if (code != std::errc() || *end != '\0' || out.serve.limits.threads < 1 ||
        out.serve.limits.threads > 10'000) {
      return Error{"--threads must be a number from 1 to 10000, not " + *threads};
    }
  }
  // Where both are set, as in a container that inherits a peer's environment, the chaincode serves.
  if (const auto* address = find("address")) {
    out.serve.address = *address;
    auto tls = serving_tls(*values, environment);
    if (!tls) return tls.error();
    out.serve.tls = *std::move(tls);
  } else if (const auto* peer = find("peer.address")) {
    out.dials = true;
    out.serve.address = *peer;
    auto tls = dialling_tls(environment);
    if (!tls) return tls.error();
    out.serve.tls = *std::move(tls);
  } else {
    return Error{
        "where to serve is missing: set CHAINCODE_SERVER_ADDRESS or --address, or --peer.address "
        "to dial a peer"};
  }
  return out;
}

std::string settings_help(const std::string& program) {
  std::string out =
      "usage: " + program +
      " [--FLAG VALUE ...]\n\n"
      "Runs the chaincode as a service, or, with --peer.address, as a client of one peer.\n\n";
  for (const Setting& setting : all_settings()) {
    std::string variables;
    for (const char* variable : setting.variables)
      variables += (variables.empty() ? "" : " or ") + std::string(variable);
    out += "  --" + std::string(setting.flag) +
           std::string(16 - std::min<std::size_t>(15, std::string(setting.flag).size()), ' ') +
           setting.help + "\n" + std::string(20, ' ') + variables + "\n";
  }
  return out;
}

}  // namespace belfry::chaincode

#include "cli/ca_options.h"

#include <fmt/format.h>

#include "base/files.h"
#include "msp/signer.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

constexpr uint64_t kMostPem = 1 << 20;

// The files of one folder of an MSP.
Result<std::vector<std::string>> texts_in(const std::string& folder) {
  const auto names = posix_files().list(folder);
  if (!names) return tl::unexpected(names.error());
  std::vector<std::string> texts;
  for (const auto& name : *names)
    if (auto text = read_whole(posix_files(), folder + "/" + name, kMostPem))
      texts.push_back(std::move(*text));
  return texts;
}

}  // namespace

void add_ca_options(CLI::App* command, CaOptions& options) {
  command->add_option("--url", options.client.url, "where the CA is")
      ->capture_default_str()
      ->envname("BELFRY_CA_URL")
      ->type_name("URL");
  command
      ->add_option("--ca-name", options.client.ca_name,
                   "its name, where one server has several; its first otherwise")
      ->type_name("NAME");
  command
      ->add_option("--tls-ca", options.client.authorities,
                   "PEM file with the root that its https certificate is from")
      ->envname("BELFRY_CA_TLS_CA")
      ->type_name("FILE");
}

void add_as_option(CLI::App* command, CaOptions& options) {
  command->add_option("--as", options.as, "MSP folder of the identity that asks, such as admin/msp")
      ->envname("BELFRY_CA_AS")
      ->type_name("FOLDER")
      ->required();
}

Result<ca::Credential> read_msp(const std::string& folder) {
  const auto advice = [&folder] {
    return fmt::format("is {} an MSP folder? `belfry ca enroll admin --msp {}` makes one", folder,
                       folder);
  };
  auto certificates = texts_in(folder + "/signcerts");
  if (!certificates) return fail(certificates.error().message + "; " + advice());
  auto keys = texts_in(folder + "/keystore");
  if (!keys) return fail(keys.error().message + "; " + advice());
  for (const auto& text : *certificates) {
    const auto certificate = msp::Certificate::from_pem(text);
    if (!certificate) continue;
    for (const auto& key : *keys)
      if (const auto signer = msp::Signer::from_pem(key); signer && signer->matches(*certificate))
        return ca::Credential{text, key};
  }
  return fail(fmt::format("{0}/signcerts has no certificate whose key is in {0}/keystore; {1}",
                          folder, advice()));
}

json::value to_json(const ca::JsonValue& value) {
  using Kind = ca::JsonValue::Kind;
  switch (value.kind) {
    case Kind::null:
      return nullptr;
    case Kind::boolean:
      return value.boolean;
    case Kind::string:
      return json::string(value.text);
    case Kind::number: {
      boost::system::error_code error;
      return json::parse(value.text, error);
    }
    case Kind::array: {
      json::array list;
      for (const auto& it : value.items) list.push_back(to_json(it));
      return list;
    }
    case Kind::object: {
      json::object object;
      for (const auto& [name, it] : value.members) object[name] = to_json(it);
      return object;
    }
  }
  return nullptr;
}

Result<json::value> call_ca(const CaOptions& options, std::string_view method,
                            const std::string& path, std::string_view body) {
  const auto who = read_msp(options.as);
  if (!who) return tl::unexpected(who.error());
  auto client = ca::Client::make(options.client);
  if (!client) return tl::unexpected(client.error());
  auto answer = (*client)->call(*who, method, path, body);
  if (!answer) return tl::unexpected(answer.error());
  return to_json(*answer);
}

}  // namespace belfry::cli

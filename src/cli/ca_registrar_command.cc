#include <fmt/format.h>

#include "base/bytes.h"
#include "base/files.h"
#include "cli/ca_commands.h"
#include "cli/ca_options.h"
#include "cli/output.h"
#include "msp/certificate.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  CaOptions ca;
  std::string id, type = "client", affiliation, secret, serial, aki, reason, file;
  int64_t max_enrollments = 0;
  std::vector<std::string> attributes;
};

int register_identity(const Program& program, const Options& options) {
  json::object body{{"id", options.id}, {"type", options.type}};
  if (!options.affiliation.empty()) body["affiliation"] = options.affiliation;
  if (!options.secret.empty()) body["secret"] = options.secret;
  if (options.max_enrollments != 0) body["max_enrollments"] = options.max_enrollments;
  auto attributes = attributes_of(options.attributes);
  if (!attributes) return program.misused(attributes.error().message);
  if (!attributes->empty()) body["attrs"] = std::move(*attributes);
  const auto answer = call_ca(options.ca, "POST", "/register", json::serialize(body));
  if (!answer) return program.failed(answer.error().message);
  const std::string secret = text_at(*answer, "secret");
  if (print_structured(program.out, options.ca.output,
                       json::object{{"id", options.id}, {"secret", secret}}))
    return kDone;
  if (program.err.is_terminal())
    program.err.line(fmt::format(
        "{} is registered; whoever enrolls as {} needs this secret, which is not shown again:",
        options.id, options.id));
  program.out.line(secret);
  return kDone;
}

// The answer's list in a file, if one was asked for.
Result<void> keep_list(const json::value& answer, const std::string& file) {
  if (file.empty()) return {};
  const auto list = unbase64(text_at(answer, "CRL"));
  if (!list || list->empty()) return fail("the CA sent no revocation list: nothing was revoked");
  return replace_whole(posix_files(), file, *list);
}

int revoke(const Program& program, const Options& options) {
  if (options.id.empty() && (options.serial.empty() || options.aki.empty()))
    return program.misused(
        "say whom or what: an ID revokes the identity and all its certificates, --serial and "
        "--aki one certificate");
  json::object body;
  if (!options.id.empty()) body["id"] = options.id;
  if (!options.serial.empty()) body["serial"] = options.serial;
  if (!options.aki.empty()) body["aki"] = options.aki;
  if (!options.reason.empty()) body["reason"] = options.reason;
  if (!options.file.empty()) body["gencrl"] = true;
  const auto answer = call_ca(options.ca, "POST", "/revoke", json::serialize(body));
  if (!answer) return program.failed(answer.error().message);
  if (auto kept = keep_list(*answer, options.file); !kept)
    return program.failed(kept.error().message);
  const auto& revoked = list_at(*answer, "RevokedCerts");
  if (print_structured(program.out, options.ca.output, revoked)) return kDone;
  Table table{
      {"serial", "aki"}, {}, "no certificate was revoked; the identity can no longer enroll"};
  for (const auto& it : revoked) table.rows.push_back({text_at(it, "Serial"), text_at(it, "AKI")});
  print_table(program.out, table);
  return kDone;
}

int make_crl(const Program& program, const Options& options) {
  const auto answer = call_ca(options.ca, "POST", "/gencrl", "{}");
  if (!answer) return program.failed(answer.error().message);
  if (options.file.empty()) {
    program.out.print(unbase64(text_at(*answer, "CRL")).value_or(""));
    return kDone;
  }
  if (auto kept = keep_list(*answer, options.file); !kept)
    return program.failed(kept.error().message);
  program.out.line(fmt::format("the revocation list is {}", options.file));
  return kDone;
}

int info(const Program& program, const Options& options) {
  auto client = ca::Client::make(options.ca.client);
  if (!client) return program.misused(client.error().message);
  const auto answer = (*client)->info();
  if (!answer) return program.failed(answer.error().message);
  const json::value shown = to_json(*answer);
  const auto chain = unbase64(text_at(shown, "CAChain"));
  const auto certificates = msp::Certificate::all_from_pem(chain.value_or(""));
  if (!certificates) return program.failed("the CA's chain: " + certificates.error().message);
  if (!options.file.empty())
    if (auto written = replace_whole(posix_files(), options.file, *chain); !written)
      return program.failed(written.error().message);
  if (print_structured(program.out, options.ca.output, shown)) return kDone;
  Table table{{"", ""}, {}, ""};
  table.rows.push_back({"name", program.out.safe(text_at(shown, "CAName"))});
  table.rows.push_back({"version", program.out.safe(text_at(shown, "Version"))});
  for (const auto& it : *certificates)
    table.rows.push_back({"certificate", fmt::format("{}, until {}", program.out.safe(it.subject()),
                                                     to_rfc3339(it.not_after()).substr(0, 10))});
  print_table(program.out, table);
  return kDone;
}

}  // namespace

Result<json::array> attributes_of(const std::vector<std::string>& given) {
  json::array out;
  for (const std::string& text : given) {
    constexpr std::string_view kEcert = ":ecert";
    const bool ecert = text.ends_with(kEcert);
    const std::string plain = text.substr(0, text.size() - (ecert ? kEcert.size() : 0));
    const size_t at = plain.find('=');
    if (at == std::string::npos || at == 0)
      return fail(fmt::format("--attr takes NAME=VALUE or NAME=VALUE:ecert, not '{}'", text));
    json::object attribute{{"name", plain.substr(0, at)}, {"value", plain.substr(at + 1)}};
    if (ecert) attribute["ecert"] = true;
    out.push_back(std::move(attribute));
  }
  return out;
}

void add_ca_registrar(Program& program, CLI::App* ca) {
  // Each command has options of its own: what the environment says is set for all of them.
  const auto add = [&](const std::string& name, const std::string& description,
                       int (*run)(const Program&, const Options&), bool as) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.step(ca, name, description, options, run);
    if (as) add_as_option(command, options->ca);
    add_ca_options(command, options->ca);
    return std::pair(command, options.get());
  };
  const auto [registering, registration] =
      add("register", "make an identity known, and print the secret to enroll it with",
          register_identity, true);
  registering->add_option("ID", registration->id, "its name")->type_name("")->required();
  registering
      ->add_option("--type", registration->type,
                   "client, peer, orderer, admin: its role on the network")
      ->capture_default_str()
      ->type_name("TYPE");
  registering
      ->add_option("--affiliation", registration->affiliation,
                   "such as org1.department1; the registrar's own otherwise; a dot: none")
      ->type_name("NAME");
  registering
      ->add_option("--attr", registration->attributes,
                   "an attribute; with :ecert it goes into certificates unasked; may be repeated")
      ->type_name("NAME=VALUE[:ecert]");
  registering
      ->add_option(
          "--max-enrollments", registration->max_enrollments,
          "how often it may enroll; -1: without limit; as often as the CA allows otherwise")
      ->type_name("NUMBER");
  registering->add_option("--secret", registration->secret, "instead of one that the CA makes")
      ->envname("BELFRY_CA_NEW_SECRET")
      ->type_name("TEXT");
  add_output_option(registering, registration->ca.output);

  const auto [revoking, revocation] = add(
      "revoke", "revoke an identity with all its certificates, or one certificate", revoke, true);
  revoking->add_option("ID", revocation->id, "the identity")->type_name("");
  revoking->add_option("--serial", revocation->serial, "of one certificate")->type_name("HEX");
  revoking->add_option("--aki", revocation->aki, "its authority's key identifier")
      ->type_name("HEX");
  revoking
      ->add_option("--reason", revocation->reason,
                   "keycompromise, affiliationchanged, superseded, cessationofoperation …")
      ->type_name("WORD");
  revoking->add_option("--crl", revocation->file, "and write a revocation list here")
      ->type_name("FILE");
  add_output_option(revoking, revocation->ca.output);

  const auto [list, listing] = add("crl", "make a revocation list", make_crl, true);
  list->add_option("-o,--file", listing->file, "write it here; to standard output otherwise")
      ->type_name("FILE");

  const auto [about, showing] =
      add("info", "show a CA's name, version and certificates", info, false);
  about->add_option("--chain", showing->file, "write its certificates here")->type_name("FILE");
  add_output_option(about, showing->ca.output);
}

}  // namespace belfry::cli

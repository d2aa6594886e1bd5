#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "base/sealed.h"
#include "ca/go_text.h"
#include "cli/ca_commands.h"
#include "cli/ca_options.h"
#include "cli/output.h"
#include "msp/certificate.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  CaOptions ca;
  Destination to;
  std::string id, secret, secret_file, profile;
  std::vector<std::string> hosts, attributes, names;
};

// From --secret, --secret-file, BELFRY_CA_SECRET, or typed.
Result<std::string> secret_of(const Program& program, const Options& options) {
  std::string secret = options.secret;
  if (!options.secret_file.empty()) {
    auto text = read_whole(posix_files(), options.secret_file, 4096);
    if (!text) return tl::unexpected(text.error());
    secret = std::move(*text);
  } else if (secret.empty()) {
    if (::isatty(STDIN_FILENO))
      program.err.line(
          fmt::format("the enrollment secret of {} (it is shown while you type):", options.id));
    std::getline(std::cin, secret);
  }
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty())
    return fail(
        "the enrollment secret is empty: give it on standard input, in BELFRY_CA_SECRET, or with "
        "--secret-file");
  return secret;
}

Result<ca::CertificateOptions> certificate_options(const Options& options) {
  ca::CertificateOptions out;
  out.profile = options.profile;
  if (!options.hosts.empty()) out.hosts = options.hosts;
  if (!options.attributes.empty()) out.attributes = options.attributes;
  for (const std::string& name : options.names) {
    const size_t at = name.find('=');
    const std::string key = name.substr(0, at);
    const std::string value = at == std::string::npos ? std::string() : name.substr(at + 1);
    auto* part = key == "C"    ? &out.subject.country
                 : key == "ST" ? &out.subject.state
                 : key == "L"  ? &out.subject.locality
                 : key == "O"  ? &out.subject.organization
                               : nullptr;
    if (!part || value.empty())
      return fail(fmt::format("--name takes C=, ST=, L= or O= and a value, not '{}'", name));
    part->push_back(value);
  }
  return out;
}

int show(const Program& program, const Options& options, const std::string& id,
         const ca::Enrollment& enrollment) {
  const auto done = deliver(options.to, enrollment, id, options.ca.client.url);
  if (!done) return program.failed(done.error().message);
  const auto certificate = msp::Certificate::from_pem(enrollment.credential.certificate);
  const std::string until = to_rfc3339(certificate->not_after()).substr(0, 19) + "Z";
  const json::object structured{{"id", id},
                                {"subject", certificate->subject()},
                                {"serial", certificate->serial()},
                                {"not_after", until},
                                {"ca", enrollment.ca_name}};
  if (print_structured(program.out, options.ca.output, structured)) return kDone;
  for (const auto& line : *done) program.out.line(line);
  program.out.line(fmt::format("it is good until {}", until));
  return kDone;
}

constexpr std::string_view kNowhere =
    "say where the certificate and its key go: --msp FOLDER, --cert FILE --key FILE, or --secrets "
    "dev/fabricOrgs/MEMBER/USER";

int enroll(const Program& program, const Options& options) {
  if (!options.to.given()) return program.misused(kNowhere);
  const auto wanted = certificate_options(options);
  if (!wanted) return program.misused(wanted.error().message);
  auto secret = secret_of(program, options);
  if (!secret) return program.failed(secret.error().message);
  auto client = ca::Client::make(options.ca.client);
  if (!client) return program.misused(client.error().message);
  const auto enrollment = (*client)->enroll({options.id, *secret, *wanted});
  wipe(*secret);
  if (!enrollment) return program.failed(enrollment.error().message);
  return show(program, options, options.id, *enrollment);
}

int reenroll(const Program& program, Options options) {
  if (!options.to.given()) options.to.msp = options.ca.as;  // in its place
  const auto wanted = certificate_options(options);
  if (!wanted) return program.misused(wanted.error().message);
  const auto who = read_msp(options.ca.as);
  if (!who) return program.failed(who.error().message);
  auto client = ca::Client::make(options.ca.client);
  if (!client) return program.misused(client.error().message);
  const auto enrollment = (*client)->reenroll(*who, *wanted);
  if (!enrollment) return program.failed(enrollment.error().message);
  return show(program, options, msp::Certificate::from_pem(who->certificate)->common_name(),
              *enrollment);
}

void add_certificate_options(CLI::App* command, Options& options) {
  command
      ->add_option("--profile", options.profile,
                   "what the certificate is for: tls, or ca; signing otherwise")
      ->type_name("NAME");
  command->add_option("--host", options.hosts, "a name or address in it, for tls; may be repeated")
      ->type_name("HOST");
  command
      ->add_option("--attr", options.attributes,
                   "an attribute in it, or NAME:opt if it may be missing; may be repeated; those "
                   "registered for certificates otherwise")
      ->type_name("NAME");
  command->add_option("--name", options.names, "C=, ST=, L= or O= of its subject; may be repeated")
      ->type_name("PART=VALUE");
}

}  // namespace

void add_ca_enroll(Program& program, CLI::App* ca) {
  // Each command has options of its own: what the environment says is set for both.
  auto first = std::make_shared<Options>(), second = std::make_shared<Options>();
  CLI::App* enrolling = ca->add_subcommand("enroll", "get a certificate with an identity's secret");
  enrolling->add_option("ID", first->id, "the identity, as it was registered")
      ->type_name("")
      ->required();
  enrolling
      ->add_option("--secret", first->secret,
                   "its secret: others on this machine may see it while the command runs")
      ->envname("BELFRY_CA_SECRET")
      ->type_name("TEXT");
  enrolling->add_option("--secret-file", first->secret_file, "take the secret from here")
      ->type_name("FILE");
  program.on_run(enrolling, [&program, first] { return enroll(program, *first); });

  CLI::App* again =
      ca->add_subcommand("reenroll", "get a new certificate for a new key before the old one ends");
  add_as_option(again, second->ca);
  program.on_run(again, [&program, second] { return reenroll(program, *second); });
  for (const auto& [command, options] : {std::pair(enrolling, first), {again, second}}) {
    add_destination_options(command, options->to);
    add_certificate_options(command, *options);
    add_ca_options(command, options->ca);
    add_output_option(command, options->ca.output);
  }
}

}  // namespace belfry::cli

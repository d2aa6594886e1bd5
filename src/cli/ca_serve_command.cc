#include <fmt/format.h>

#include "base/log.h"
#include "base/sealed.h"
#include "ca/server.h"
#include "cli/ca_commands.h"
#include "cli/ca_options.h"
#include "cli/stop_signals.h"

namespace belfry::cli {

namespace {

constexpr Duration kForever = std::chrono::hours(24);

struct Options {
  ca::CaSettings ca;
  ca::CaServerOptions server;
  std::string registrar_secret, tls_certificate, tls_key, master_key;
  bool tls = false, allow_removing = false;
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
};

// The certificate to serve HTTPS with: that of the files, or one from the CA itself.
Result<std::optional<ca::Credential>> tls_of(const Options& options, const ca::Ca& ca) {
  std::optional<ca::Credential> tls;
  if (!options.tls_certificate.empty()) {
    auto certificate = read_whole(posix_files(), options.tls_certificate);
    if (!certificate) return tl::unexpected(certificate.error());
    auto key = read_whole(posix_files(), options.tls_key);
    if (!key) return tl::unexpected(key.error());
    tls = ca::Credential{std::move(*certificate), std::move(*key)};
  } else if (options.tls) {
    auto issued =
        ca.issue({.common_name = options.hosts.front(), .profile = "tls", .hosts = options.hosts});
    if (!issued) return tl::unexpected(issued.error());
    tls = std::move(*issued);
  }
  return tls;
}

int serve(const Program& program, Options options) {
  const StopSignals signals;  // before any thread
  if (!options.master_key.empty()) {
    auto key = MasterKey::read(options.master_key);
    if (!key) return program.failed(key.error().message);
    options.ca.master_key = *key;
  }
  const bool makes_secret = options.registrar_secret.empty();
  const std::string secret = makes_secret ? secure_random().uuid() : options.registrar_secret;
  options.ca.registrar_secret = secret;
  options.ca.remove_identities = options.ca.remove_affiliations = options.allow_removing;
  auto ca = ca::Ca::open(options.ca, {posix_files(), system_clock(), secure_random()});
  if (!ca) return program.failed(ca.error().message);
  auto tls = tls_of(options, **ca);
  if (!tls) return program.failed(tls.error().message);
  options.server.tls = std::move(*tls);
  const bool https = options.server.tls.has_value();
  auto server = ca::CaServer::start(options.server, {ca->get()});
  if (!server) return program.failed(server.error().message);
  const std::string root = options.ca.folder + "/ca-cert.pem";
  if (auto written = replace_whole(posix_files(), root, (*ca)->chain()); !written)
    return program.failed(written.error().message);
  const std::string url = fmt::format("{}://{}:{}", https ? "https" : "http",
                                      options.server.address, (*server)->port());
  log::info("the CA serves", {{"url", url}, {"name", options.ca.name}, {"certificate", root}});
  if (makes_secret && (*ca)->fresh()) {
    program.out.line(
        fmt::format("the secret of {}, shown this once: {}", options.ca.registrar, secret));
    std::fflush(stdout);
  }
  while (signals.wait(kForever) == 0) continue;
  log::info("the CA stops");
  return kDone;
}

}  // namespace

void add_ca_serve(Program& program, CLI::App* ca) {
  auto options = std::make_shared<Options>();
  options->ca.folder = "belfry-ca";
  options->ca.subject.common_name = "belfry-ca";
  options->server.port = 7054;
  CLI::App* command = ca->add_subcommand(
      "serve", "run a CA of your own, with Fabric CA's REST interface, until stopped");
  command->add_option("-d,--data", options->ca.folder, "where its key and its state are kept")
      ->capture_default_str()
      ->type_name("FOLDER");
  command->add_option("--address", options->server.address, "listen here")
      ->capture_default_str()
      ->type_name("ADDRESS");
  command->add_option("--port", options->server.port, "listen here; 0: a free one")
      ->capture_default_str()
      ->type_name("PORT");
  command->add_flag("--tls", options->tls, "serve https, with a certificate of its own");
  command->add_option("--host", options->hosts, "names in that certificate; may be repeated")
      ->type_name("HOST");
  auto* certificate =
      command
          ->add_option("--tls-cert", options->tls_certificate, "serve https with this certificate")
          ->type_name("FILE");
  auto* key = command->add_option("--tls-key", options->tls_key, "and its key")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--name", options->ca.name, "its name, which clients may give as caname")
      ->type_name("NAME");
  command
      ->add_option("--common-name", options->ca.subject.common_name,
                   "of its root certificate, when it is made")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--organization", options->ca.subject.organization, "likewise")
      ->type_name("NAME");
  command->add_option("--registrar", options->ca.registrar, "who may register others")
      ->capture_default_str()
      ->type_name("ID");
  command
      ->add_option("--registrar-secret", options->registrar_secret,
                   "its secret, at the first start; one is made and printed otherwise")
      ->envname("BELFRY_CA_REGISTRAR_SECRET")
      ->type_name("TEXT");
  command
      ->add_option("--affiliation", options->ca.affiliations,
                   "known from the first start on; may be repeated")
      ->type_name("NAME");
  command
      ->add_option("--master-key-file", options->master_key,
                   "seals its key on the disk; master-key in the data folder otherwise")
      ->type_name("FILE");
  command->add_flag("--allow-removing", options->allow_removing,
                    "let identities and affiliations be removed");
  command->add_flag("--older-tokens", options->ca.older_tokens,
                    "accept clients of Fabric CA 1.3 and npm fabric-ca-client 1.4");
  program.on_run(command, [&program, options] { return serve(program, *options); });
}

}  // namespace belfry::cli

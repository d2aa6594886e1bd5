#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/ca_options.h"
#include "cli/secret_client.h"
#include "msp/certificate.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

// Tells clients, peers, admins and orderers by the organisational unit that Fabric CA writes.
std::string node_units(const std::string& authority) {
  std::string out = "NodeOUs:\n  Enable: true\n";
  for (const auto& [key, unit] : {std::pair("Client", "client"),
                                  {"Peer", "peer"},
                                  {"Admin", "admin"},
                                  {"Orderer", "orderer"}})
    out += fmt::format(
        "  {}OUIdentifier:\n    Certificate: cacerts/{}\n    OrganizationalUnitIdentifier: {}\n",
        key, authority, unit);
  return out;
}

// "https://ca.example.com:7054" becomes "ca-example-com-7054.pem", as fabric-ca-client has it.
std::string authority_file(const std::string& url) {
  std::string name = url.substr(url.find("://") + 3);
  std::ranges::replace_if(
      name, [](char c) { return c == '.' || c == ':' || c == '/'; }, '-');
  return name + ".pem";
}

Result<void> write_public(const std::string& folder, const std::string& name,
                          std::string_view text) {
  if (auto made = posix_files().make_folders(folder); !made) return made;
  return replace_whole(posix_files(), folder + "/" + name, text);
}

// Removes what an earlier enrollment left in a folder, but for the file just written.
void keep_only(const std::string& folder, const std::string& name) {
  if (const auto names = posix_files().list(folder))
    for (const auto& it : *names)
      if (it != name) (void)posix_files().remove(folder + "/" + it);
}

Result<void> write_msp(const Destination& to, const ca::Enrollment& enrollment,
                       const std::string& url) {
  const auto chain = msp::Certificate::all_from_pem(enrollment.chain);
  if (!chain) return tl::unexpected(chain.error());
  // The chain begins with the CA's own certificate; a root stands under itself.
  std::string roots, between;
  for (const auto& it : *chain) (it.subject() == it.issuer() ? roots : between) += it.pem();
  const std::string authority = authority_file(url),
                    key = hex(view(sha256(enrollment.credential.certificate))) + "_sk";
  if (auto made = posix_files().make_folders(to.msp + "/keystore"); !made) return made;
  if (auto done = write_private(to.msp + "/keystore/" + key, enrollment.credential.key); !done)
    return done;
  if (auto done =
          write_public(to.msp + "/signcerts", "cert.pem", enrollment.credential.certificate);
      !done)
    return done;
  if (auto done = write_public(to.msp + "/cacerts", authority, roots.empty() ? between : roots);
      !done)
    return done;
  if (!roots.empty() && !between.empty())
    if (auto done = write_public(to.msp + "/intermediatecerts", authority, between); !done)
      return done;
  if (to.node_units)
    if (auto done = write_public(to.msp, "config.yaml", node_units(authority)); !done) return done;
  keep_only(to.msp + "/keystore", key);
  keep_only(to.msp + "/signcerts", "cert.pem");
  return {};
}

Result<void> put_secret(SecretClient& client, const std::string& name, const std::string& value) {
  auto made = client.call("CreateSecret", {{"Name", name}, {"SecretString", value}});
  if (!made && made.error().message.starts_with("ResourceExistsException"))
    made = client.call("UpdateSecret", {{"SecretId", name}, {"SecretString", value}});
  if (!made) return tl::unexpected(made.error());
  return {};
}

}  // namespace

void add_destination_options(CLI::App* command, Destination& to) {
  command->add_option("--msp", to.msp, "write an MSP folder")->type_name("FOLDER");
  command->add_flag("--node-ous", to.node_units,
                    "with a config.yaml there that tells clients, peers and admins by their unit");
  auto* certificate = command->add_option("--cert", to.certificate, "write the certificate as PEM")
                          ->type_name("FILE");
  command->add_option("--key", to.key, "and its key")->type_name("FILE")->needs(certificate);
  command
      ->add_option("--secrets", to.secrets,
                   "keep both as secrets NAME/signcert and NAME/pk of belfry's Secrets Manager: "
                   "dev/fabricOrgs/MEMBER/USER")
      ->type_name("NAME");
  command
      ->add_option("-c,--config", to.api.config,
                   "with --secrets: the configuration of the belfry that keeps them")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("-d,--data", to.api.data, "with --secrets: its data directory")
      ->type_name("FOLDER");
}

Result<void> write_private(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const auto failed = [&] {
    return fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  };
  (void)::unlink(beside.c_str());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  if (::close(file) != 0 || !written || ::rename(beside.c_str(), path.c_str()) != 0)
    return failed();
  const size_t slash = path.rfind('/');
  return posix_files().sync_directory(slash == std::string::npos ? "." : path.substr(0, slash));
}

Result<std::vector<std::string>> deliver(const Destination& to, const ca::Enrollment& enrollment,
                                         const std::string& id, const std::string& url) {
  std::vector<std::string> done;
  if (!to.msp.empty()) {
    if (auto written = write_msp(to, enrollment, url); !written)
      return tl::unexpected(written.error());
    done.push_back(fmt::format("the MSP folder of {} is {}", id, to.msp));
  }
  if (!to.certificate.empty()) {
    if (auto written =
            replace_whole(posix_files(), to.certificate, enrollment.credential.certificate);
        !written)
      return tl::unexpected(written.error());
    if (auto written = write_private(to.key.empty() ? to.certificate + ".key" : to.key,
                                     enrollment.credential.key);
        !written)
      return tl::unexpected(written.error());
    done.push_back(fmt::format("the certificate of {} is in {}, its key in {}", id, to.certificate,
                               to.key.empty() ? to.certificate + ".key" : to.key));
  }
  if (!to.secrets.empty()) {
    auto client = SecretClient::open(to.api, true);
    if (!client) return tl::unexpected(client.error());
    if (auto put = put_secret(**client, to.secrets + "/pk", enrollment.credential.key); !put)
      return tl::unexpected(put.error());
    if (auto put =
            put_secret(**client, to.secrets + "/signcert", enrollment.credential.certificate);
        !put)
      return tl::unexpected(put.error());
    done.push_back(fmt::format("the secrets {0}/signcert and {0}/pk are {1}'s", to.secrets, id));
  }
  return done;
}

}  // namespace belfry::cli

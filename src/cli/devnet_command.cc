// `belfry devnet`: a Fabric network in this process, until it is stopped.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <future>
#include <set>

#include "base/log.h"
#include "base/unsynced_files.h"
#include "cli/commands.h"
#include "cli/devnet_report.h"
#include "cli/stop_signals.h"
#include "devnet/batch.h"
#include "devnet/deploy.h"
#include "devnet/network.h"
#include "fabric/grpc_channel.h"

namespace belfry::cli {
namespace {

struct Options {
  std::string folder = "belfry-devnet";
  bool ephemeral = false;
  std::vector<std::string> organizations = {"Org1", "Org2"};
  std::vector<std::string> chaincodes;
  std::string ports;
  std::vector<std::string> faults;
  bool json = false;
  bool no_tls = false, mutual_tls = false, plain_participation = false;
  bool for_1_4 = false, batches = false, per_organization = false;
  devnet::NetworkSettings network;
};

// What a fresh network is made in and goes away with.
class EphemeralFolder {
 public:
  static Result<EphemeralFolder> make() {
    std::string path = std::filesystem::temp_directory_path() / "belfry-devnet-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return fail("cannot make a folder like " + path);
    return EphemeralFolder(std::move(path));
  }
  EphemeralFolder(EphemeralFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  EphemeralFolder& operator=(EphemeralFolder&&) = delete;
  ~EphemeralFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit EphemeralFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// "2" means Org1 and Org2.
Result<std::vector<std::string>> organization_names(const std::vector<std::string>& given) {
  constexpr size_t kMost = 20;
  std::vector<std::string> names = given;
  if (given.size() == 1 && given[0].find_first_not_of("0123456789") == std::string::npos) {
    names.clear();
    const int count = given[0].size() > 3 ? 1000 : std::stoi(given[0]);
    for (int i = 1; i <= count; ++i) names.push_back(fmt::format("Org{}", i));
  }
  if (names.empty()) return fail("--orgs names no organisation");
  if (names.size() > kMost) return fail(fmt::format("--orgs: at most {} organisations", kMost));
  // They become parts of host names, where upper and lower case are one.
  std::set<std::string> domains;
  for (const std::string& name : names) {
    const bool good =
        !name.empty() && name.size() <= 40 && name.front() != '-' && name.back() != '-' &&
        std::all_of(name.begin(), name.end(),
                    [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '-'); });
    if (!good)
      return fail(fmt::format("--orgs takes names of letters, digits and '-', not '{}'", name));
    std::string domain;
    for (const unsigned char c : name) domain += static_cast<char>(std::tolower(c));
    if (!domains.insert(domain).second)
      return fail(fmt::format("--orgs names {} twice: upper and lower case are the same", name));
  }
  return names;
}

// What to do about it, where there is something.
std::string with_next_step(const std::string& message) {
  if (message.starts_with("cannot listen"))
    return message + "\n  stop what listens there, or start with --ports free";
  return message;
}

// "drop=0.1", "fail=0.05", "delay=200ms"
Result<void> read_fault(const std::string& word, devnet::Faults& faults) {
  const size_t equals = word.find('=');
  const std::string kind = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (kind == "delay") {
    auto delay = devnet::parse_duration(value);
    if (!delay)
      return fail(fmt::format("--fault delay takes a time such as 200ms, not '{}'", value));
    faults.delay = *delay;
    return {};
  }
  char* end = nullptr;
  const double chance = std::strtod(value.c_str(), &end);
  if ((kind != "drop" && kind != "fail") || value.empty() || *end != 0 || chance < 0 || chance > 1)
    return fail(fmt::format(
        "--fault takes drop=0.1, fail=0.1 (chances from 0 to 1) or delay=200ms, not '{}'", word));
  (kind == "drop" ? faults.drop : faults.fail) = chance;
  return {};
}

int run_devnet(const Program& program, Options options) {
  const StopSignals signals;  // before any thread, so that all inherit the mask
  log::configure(log::Level::error, log::Format::text);
  fabric::take_over_grpc_log();
  const Duration begun = system_clock().monotonic();
  std::optional<EphemeralFolder> ephemeral;
  std::optional<FolderLock> lock;
  devnet::NetworkSettings& settings = options.network;
  settings.folder = std::filesystem::absolute(options.folder);
  auto organizations = organization_names(options.organizations);
  if (!organizations) return program.misused(organizations.error().message);
  settings.organizations = std::move(*organizations);
  if (!devnet::parse_duration(settings.channel.batch_timeout))
    return program.misused(fmt::format("--batch-timeout takes a time such as 300ms, not '{}'",
                                       settings.channel.batch_timeout));
  if (options.per_organization && options.for_1_4)
    return program.misused(
        "--chaincode-per-org does not go with --for-1-4: lscc has one package for all");
  settings.tls = !options.no_tls;
  settings.client_certificates = options.mutual_tls;
  settings.plain_participation = options.plain_participation;
  settings.durable = !options.ephemeral;
  settings.ordering.cut_at_once = !options.batches;
  for (const std::string& fault : options.faults)
    if (auto read = read_fault(fault, settings.ordering.faults); !read)
      return program.misused(read.error().message);
  if (options.for_1_4) settings.channel.generation = devnet::Generation::v1_4;
  if (options.ephemeral) {
    auto made = EphemeralFolder::make();
    if (!made) return program.failed(made.error().message);
    ephemeral.emplace(std::move(*made));
    settings.folder = ephemeral->path();
  } else {
    if (auto made = posix_files().make_folders(settings.folder); !made)
      return program.failed(made.error().message);
    auto taken = FolderLock::take(settings.folder);
    if (!taken) return program.failed(taken.error().message);
    lock.emplace(std::move(*taken));
  }
  const bool free_ports = options.ports == "free";
  if (free_ports)
    settings.orderer_port = settings.peer_port = settings.participation_port =
        settings.operations_port = 0;

  const auto unsynced_files = unsynced(posix_files());
  FileSystem& files = options.ephemeral ? *unsynced_files : posix_files();
  devnet::EndorsingSettings endorsing_settings{.folder = settings.folder, .host = settings.host};
  if (free_ports) endorsing_settings.chaincode_port = 0;
  endorsing_settings.runtime.offers = !options.for_1_4;
  auto endorsing = devnet::EndorsingServices::create(endorsing_settings, files, system_clock());
  if (!endorsing) return program.failed(with_next_step(endorsing.error().message));
  devnet::CertificateAuthoritiesSettings ca_settings{
      .folder = options.ephemeral ? "" : settings.folder + "/ca",
      .host = settings.host,
      .tls = settings.tls,
      .older_tokens = options.for_1_4};
  if (free_ports) ca_settings.port = 0;
  // Beside the network: hashing a secret and the first records take their time.
  std::future<Result<std::unique_ptr<devnet::CertificateAuthorities>>> starting;
  settings.on_material = [&](const devnet::Material& material) {
    starting = std::async(std::launch::async, [&files, ca_settings, material] {
      return devnet::CertificateAuthorities::start(ca_settings, material, files, system_clock(),
                                                   secure_random());
    });
  };
  auto network = devnet::Network::start(settings, files, system_clock(), (*endorsing)->maker());
  if (!network) return program.failed(with_next_step(network.error().message));
  auto authorities = starting.get();
  if (!authorities) return program.failed(with_next_step(authorities.error().message));
  const DevnetReport report(**network, **authorities, (*endorsing)->chaincode_address());
  if (auto written = report.write_profiles(files); !written)
    return program.failed(written.error().message);
  for (const std::string& chaincode : options.chaincodes) {
    const size_t equals = chaincode.find('=');
    if (equals == std::string::npos || equals == 0)
      return program.misused(
          fmt::format("--chaincode takes NAME=PATH or NAME=HOST:PORT, not '{}'", chaincode));
    if (auto deployed = devnet::deploy_from(**endorsing, **network, files,
                                            (*network)->settings().channels.front(),
                                            {.name = chaincode.substr(0, equals),
                                             .path_or_address = chaincode.substr(equals + 1),
                                             .log_folder = settings.folder + "/logs",
                                             .per_organization = options.per_organization});
        !deployed)
      return program.failed(
          fmt::format("chaincode {}: {}", chaincode.substr(0, equals), deployed.error().message));
  }
  if (options.json)
    program.out.line(report.json());
  else
    report.print(program.out, system_clock().monotonic() - begun);
  std::fflush(stdout);
  while (signals.wait(std::chrono::hours(1)) == 0) {
  }
  signals.let_through();
  authorities->reset();
  network->reset();
  return kDone;
}

}  // namespace

void add_devnet(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.command(
      "devnet", "a Fabric network in one process: peers, orderer, certificate authorities",
      "  belfry devnet                                     Org1 and Org2 on channel mychannel\n"
      "  belfry devnet --ephemeral --ports free            for a test: nothing is kept\n"
      "  belfry devnet --chaincode ngo=./chaincode         deploy and run a chaincode\n"
      "  belfry devnet --chaincode ngo=127.0.0.1:9999      one that runs as a service\n"
      "  belfry devnet --ledger blockfile_000000           serve a recorded ledger\n\n"
      "Prints where everything listens and the environment for the peer CLI; connection profiles "
      "and MSP\nfolders are in its folder. SIGTERM and Ctrl-C stop it; what was committed is there "
      "at the next start.\n");
  command->add_option("-d,--data", options->folder, "where keys and ledgers are kept")
      ->type_name("FOLDER");
  command->add_flag("--ephemeral", options->ephemeral,
                    "keep nothing: a folder of its own, gone when it stops");
  command->add_option("--orgs", options->organizations, "how many organisations, or their names")
      ->delimiter(',')
      ->type_name("N|NAMES");
  command->add_option("--peers", options->network.peers, "of each organisation")
      ->check(CLI::Range(1, 20));
  command->add_option("--channel", options->network.channels, "made, and joined by every peer")
      ->delimiter(',')
      ->type_name("NAMES");
  command
      ->add_option("--ledger", options->network.ledger,
                   "a recorded ledger to serve: a block file, or a peer's folder of them")
      ->type_name("BLOCKS");
  CLI::Option* chaincode =
      command
          ->add_option("--chaincode", options->chaincodes, "deployed on the first channel; repeat")
          ->type_name("NAME=PATH|ADDRESS");
  command
      ->add_flag("--chaincode-per-org", options->per_organization,
                 "each organisation's peers run a process of their own, as on a real network")
      ->needs(chaincode);
  command->add_option("--ports", options->ports, "\"free\": any free ones instead of 7050 and on")
      ->check(CLI::IsMember({"free"}));
  command->add_flag("--json", options->json, "print one line of JSON instead, when it is ready");
  command
      ->add_option("--fault", options->faults,
                   "make the orderer lose, refuse or delay transactions, for your tests")
      ->delimiter(',')
      ->type_name("drop=0.1|fail=0.1|delay=200ms");
  command->add_flag("--no-tls", options->no_tls, "plain connections");
  command->add_flag("--mutual-tls", options->mutual_tls, "clients must show a certificate");
  command->add_flag("--plain-osnadmin", options->plain_participation,
                    "osnadmin's address without TLS and certificates");
  command->add_flag("--for-1-4", options->for_1_4,
                    "channels and authorities for clients of Fabric 1.4: lscc, older tokens");
  command->add_flag("--batches", options->batches,
                    "cut blocks by the channel's batch size and timeout, not at once");
  command
      ->add_option("--batch-timeout", options->network.channel.batch_timeout,
                   "of new channels: 300ms, 2s")
      ->type_name("TIME");
  program.on_run(command, [&program, options] { return run_devnet(program, *options); });
}

}  // namespace belfry::cli

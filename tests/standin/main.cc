// standin_peer: the stand-in for a Fabric peer as a program, for benches, campaigns and trying
// things by hand.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "base/check.h"
#include "base/files.h"
#include "decode/block.h"
#include "peer/events.pb.h"
#include "standin/filtered.h"
#include "standin/gate.h"
#include "standin/peer.h"
#include "support/certificates.h"

namespace belfry::tests {
namespace {

constexpr const char* kAbout =
    "A stand-in for a Fabric peer: serves a recorded ledger over Deliver and qscc, checks requests "
    "as a\n"
    "peer does, and misbehaves as told. Prints 'listening ADDRESS height N' once it serves; ends "
    "at "
    "SIGTERM.\n\n"
    "CREDENTIALS holds, made at the first start and kept: tlsca.pem (the peer's name in its "
    "certificate\n"
    "is peer0.org1.example.com), user.pem and user.key (a member, Org1MSP), client-tls.pem and\n"
    "client-tls.key (for --mutual-tls), stranger.pem and stranger.key (of an authority that the "
    "channel\n"
    "does not know), expired.pem and expired.key.";

struct Arguments {
  std::string ledger = "15k", channel, credentials = "standin-credentials", commits;
  int port = 0;
  size_t blocks = SIZE_MAX;
  double event_rate = 0, block_rate = 0;
  bool plaintext = false, mutual_tls = false, rebuilt = false, one_by_one = false, no_qscc = false,
       filtered_only = false;
  uint64_t first_block = 0, cut_after = 0;
  std::optional<int> status;
  std::optional<uint64_t> lag_at, hold_from, hang_up_at;
  std::vector<std::string> status_at, forge, pad;
};

std::string file(const std::string& path) {
  auto text = read_whole(posix_files(), path, uint64_t{1} << 32);
  BELFRY_CHECK(text.has_value());
  return *text;
}

// Authorities and credentials of the network, from the folder or into it.
struct Credentials {
  std::string ca, tls_ca, server_certificate, server_key;

  static void put(const std::string& folder, const std::string& name,
                  const Credential& credential) {
    std::ofstream(folder + "/" + name + ".pem") << credential.certificate;
    std::ofstream(folder + "/" + name + ".key") << credential.key;
  }
  static Credentials in(const std::string& folder) {
    if (!std::filesystem::exists(folder + "/server.key")) {
      std::filesystem::create_directories(folder);
      const CertificateAuthority ca({.common_name = "ca.org1.example.com"});
      const CertificateAuthority tls_ca({.common_name = "tlsca.org1.example.com"});
      const CertificateAuthority strange({.common_name = "ca.org3.example.com"});
      std::ofstream(folder + "/ca.pem") << ca.certificate();
      std::ofstream(folder + "/tlsca.pem") << tls_ca.certificate();
      put(folder, "user", ca.issue({.common_name = "listener", .units = {"client"}}));
      put(folder, "expired",
          ca.issue({.common_name = "listener",
                    .not_after = system_clock().now() - std::chrono::hours(24)}));
      put(folder, "stranger", strange.issue({.common_name = "stranger"}));
      put(folder, "client-tls", tls_ca.issue({.common_name = "belfry"}));
      const std::string name = "peer0.org1.example.com";
      put(folder, "server", tls_ca.issue({.common_name = name, .dns_names = {name, "localhost"}}));
    }
    return {file(folder + "/ca.pem"), file(folder + "/tlsca.pem"), file(folder + "/server.pem"),
            file(folder + "/server.key")};
  }
};

std::pair<uint64_t, std::string> at(const std::string& text) {
  const size_t colon = text.find(':');
  BELFRY_CHECK(colon != std::string::npos);
  return {std::stoull(text.substr(0, colon)), text.substr(colon + 1)};
}

void forge(std::vector<BlockParts>& blocks, uint64_t number, const std::string& what) {
  BlockParts& block = blocks.at(number);
  const auto flip = [](std::string& bytes) { bytes.at(bytes.size() / 2) ^= 1; };
  if (what == "transaction") {  // the data hash no longer fits
    flip(block.transactions.at(0));
  } else if (what == "chain") {  // the previous hash no longer fits
    flip(block.previous_hash);
  } else if (what == "rewritten") {  // all hashes fit; only the orderers' signatures do not
    flip(block.transactions.at(0));
    rechain(blocks, number);
  } else {  // "signature"
    flip(block.metadata.at(0));
  }
}

size_t events_in(const std::string& block) {
  protos::FilteredBlock filtered;
  const auto bytes = filtered_block(block);
  if (!bytes || !filtered.ParseFromString(*bytes)) return 0;
  size_t count = 0;
  for (const auto& transaction : filtered.filtered_transactions())
    count += static_cast<size_t>(transaction.transaction_actions().chaincode_actions_size());
  return count;
}

// Appends the rest of the ledger at the wanted pace, from the first client's question on.
void grow(const Arguments& arguments, const std::vector<std::string>& rest, StandinPeer& peer,
          Chain& chain, std::stop_token stop) {
  std::ofstream commits;
  if (!arguments.commits.empty()) commits.open(arguments.commits);
  while (peer.seeks() == 0 && !stop.stop_requested())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto start = std::chrono::steady_clock::now();
  double due = 0;
  for (const std::string& block : rest) {
    due += arguments.block_rate > 0 ? 1 / arguments.block_rate
                                    : static_cast<double>(events_in(block)) / arguments.event_rate;
    const auto when = start + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                  std::chrono::duration<double>(due));
    while (std::chrono::steady_clock::now() < when && !stop.stop_requested())
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(
          when - std::chrono::steady_clock::now(), std::chrono::milliseconds(50)));
    if (stop.stop_requested()) return;
    const uint64_t number = chain.height();
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (commits.is_open())
      commits << number << ' ' << std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()
              << std::endl;
    chain.append(block);
  }
}

int run(const Arguments& arguments) {
  const Credentials credentials = Credentials::in(arguments.credentials);
  StandinOptions options;
  options.channel = arguments.channel;
  if (options.channel.empty()) options.channel = arguments.ledger == "15k" ? "ch1" : "mychannel";
  options.members = {{"Org1MSP", credentials.ca}};
  options.first_block = arguments.first_block;
  if (!arguments.plaintext) {
    options.tls_certificate = credentials.server_certificate;
    options.tls_key = credentials.server_key;
  }
  if (arguments.mutual_tls) options.client_ca = credentials.tls_ca;
  if (arguments.cut_after == 0) options.port = arguments.port;

  auto chain = std::make_shared<Chain>();
  std::vector<std::string> rest;
  {
    const bool recorded =
        arguments.ledger == "15k" || arguments.ledger == "ngo" || arguments.ledger == "two-orgs";
    const Ledger own(recorded ? std::string() : file(arguments.ledger));
    const Ledger& ledger = arguments.ledger == "15k"        ? events_15k_ledger()
                           : arguments.ledger == "ngo"      ? ngo_ledger()
                           : arguments.ledger == "two-orgs" ? two_orgs_ledger()
                                                            : own;
    const bool altered = arguments.rebuilt || arguments.one_by_one || !arguments.forge.empty() ||
                         !arguments.pad.empty();
    std::vector<BlockParts> blocks = altered ? parts_of(ledger) : std::vector<BlockParts>();
    if (arguments.one_by_one)
      blocks = one_by_one(blocks, std::min(arguments.blocks, blocks.size()));
    if (arguments.rebuilt) rebuild(blocks);
    for (const std::string& text : arguments.pad) {
      const auto [number, bytes] = at(text);
      pad(blocks.at(number), std::stoull(bytes));
      rechain(blocks, number);
    }
    for (const std::string& text : arguments.forge) {
      const auto [number, what] = at(text);
      forge(blocks, number, what);
    }
    for (size_t i = 0; i < (altered ? blocks.size() : ledger.height()); ++i) {
      std::string block = altered ? to_common_block(blocks[i]) : ledger.common_block(i);
      if (i < arguments.blocks) {
        chain->append(std::move(block));
      } else {
        rest.push_back(std::move(block));
      }
    }
  }

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  StandinPeer peer(options, chain);
  peer.misbehave([&](Misbehaviour& wrong) {
    wrong.every_seek = arguments.status;
    wrong.height = arguments.lag_at;
    wrong.hold_from = arguments.hold_from;
    wrong.hang_up_at = arguments.hang_up_at;
    wrong.no_qscc = arguments.no_qscc;
    wrong.filtered_only = arguments.filtered_only;
    for (const std::string& text : arguments.status_at)
      wrong.status_instead[at(text).first] = std::stoi(at(text).second);
  });
  std::optional<Gate> gate;
  if (arguments.cut_after > 0)
    gate.emplace(peer.port(), arguments.port).cut_after(arguments.cut_after);
  std::cout << "listening " << (gate ? gate->address() : peer.address()) << " height "
            << chain->height() << std::endl;
  std::jthread grower;
  if (arguments.event_rate > 0 || arguments.block_rate > 0)
    grower = std::jthread([&](std::stop_token stop) { grow(arguments, rest, peer, *chain, stop); });
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace
}  // namespace belfry::tests

int main(int argc, char** argv) {
  belfry::tests::Arguments arguments;
  CLI::App app(belfry::tests::kAbout, "standin_peer");
  app.add_option("--ledger", arguments.ledger, "15k, ngo, two-orgs, or a peer's block file")
      ->capture_default_str();
  app.add_option("--channel", arguments.channel,
                 "the channel's name; default ch1 for 15k, else mychannel");
  app.add_option("--port", arguments.port, "port on 127.0.0.1; 0 takes a free one")
      ->capture_default_str();
  app.add_option("--credentials", arguments.credentials, "folder of certificates and keys")
      ->capture_default_str();
  app.add_flag("--plaintext", arguments.plaintext, "no TLS");
  app.add_flag("--mutual-tls", arguments.mutual_tls,
               "ask for a client certificate, and check tls_cert_hash");
  app.add_option("--blocks", arguments.blocks,
                 "blocks at the start; the rest comes with --event-rate or --block-rate");
  app.add_flag("--one-by-one", arguments.one_by_one, "the rest has one transaction a block");
  app.add_option("--event-rate", arguments.event_rate,
                 "commit the rest at so many chaincode events a second");
  app.add_option("--block-rate", arguments.block_rate,
                 "commit the rest at so many blocks a second");
  app.add_option("--commits", arguments.commits,
                 "file for lines 'BLOCK NANOSECONDS': when each paced block was committed");
  app.add_option("--first-block", arguments.first_block,
                 "joined from a snapshot: holds no block below");
  app.add_option("--lag-at", arguments.lag_at, "knows no more blocks than this height");
  app.add_option("--hold-from", arguments.hold_from, "silently sends nothing from this block on");
  app.add_option("--hang-up-at", arguments.hang_up_at,
                 "ends the stream in the place of this block");
  app.add_option("--cut-after", arguments.cut_after,
                 "cuts each connection after so many bytes, in mid-block");
  app.add_option("--status", arguments.status,
                 "answers every seek with this status: 400, 403, 404, 503");
  app.add_option("--status-at", arguments.status_at,
                 "BLOCK:STATUS, ends the stream with it in the block's place");
  app.add_option("--forge", arguments.forge,
                 "BLOCK:transaction, BLOCK:chain, BLOCK:rewritten or BLOCK:signature");
  app.add_option("--pad", arguments.pad, "BLOCK:BYTES, makes the block so much bigger");
  app.add_flag("--rebuilt", arguments.rebuilt,
               "the network was set up anew: another genesis block");
  app.add_flag("--no-qscc", arguments.no_qscc, "GetChainInfo is not permitted");
  app.add_flag("--filtered-only", arguments.filtered_only, "only filtered blocks are permitted");
  CLI11_PARSE(app, argc, argv);
  return belfry::tests::run(arguments);
}

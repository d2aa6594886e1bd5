// A devnet for the tests of unmodified clients: free ports, files in a folder that the test names,
// chaincodes as told. Prints one line of JSON when it is ready, and ends when its input does.
//
//   devnet_host FOLDER [--generation v1_4] [--chaincode NAME=PATH|ADDRESS …]
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "base/json.h"
#include "base/log.h"
#include "devnet/client_files.h"
#include "devnet/deploy.h"

namespace {

using namespace belfry;
using namespace belfry::devnet;

int fail_with(const std::string& what) {
  std::cerr << "devnet_host: " << what << '\n';
  return 1;
}

std::string quoted(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

int run(int count, char** words) {
  if (count < 2) return fail_with("name a folder");
  NetworkSettings settings;
  settings.folder = words[1];
  settings.peers = 2;
  settings.orderer_port = settings.peer_port = 0;
  settings.participation_port = settings.operations_port = 0;
  std::vector<std::pair<std::string, std::string>> chaincodes;
  for (int at = 2; at + 1 < count; at += 2) {
    const std::string flag = words[at], value = words[at + 1];
    if (flag == "--generation") {
      settings.channel.generation = value == "v1_4" ? Generation::v1_4 : Generation::v2;
    } else if (flag == "--chaincode") {
      const auto equals = value.find('=');
      if (equals == std::string::npos) return fail_with("--chaincode wants NAME=PATH|ADDRESS");
      chaincodes.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    }
  }
  EndorsingSettings endorsing_settings;
  endorsing_settings.folder = settings.folder;
  endorsing_settings.chaincode_port = 0;
  auto endorsing = EndorsingServices::create(endorsing_settings, posix_files(), system_clock());
  if (!endorsing) return fail_with(endorsing.error().message);
  auto network = Network::start(settings, posix_files(), system_clock(), (*endorsing)->maker());
  if (!network) return fail_with(network.error().message);
  for (const auto& [name, way] : chaincodes)
    if (auto done = deploy_from(**endorsing, **network, posix_files(), "mychannel",
                                {name, way, settings.folder + "/logs"});
        !done)
      return fail_with(done.error().message);
  std::string peers;
  for (const Peer* peer : (*network)->peers()) {
    const auto& node = peer->node();
    peers += fmt::format("{}{{\"name\":{},\"msp_id\":{},\"address\":{}}}", peers.empty() ? "" : ",",
                         quoted(node.name), quoted(peer->msp_id()),
                         quoted((*network)->peer_address(*peer)));
    std::ofstream(settings.folder + "/" + peer->msp_id() + ".json")
        << connection_profile(**network, peer->msp_id());
  }
  std::cout << fmt::format(
                   "{{\"folder\":{},\"peers\":[{}],\"orderer\":{},\"chaincode_address\":{}}}",
                   quoted((*network)->material().folder), peers,
                   quoted((*network)->orderer_address()), quoted((*endorsing)->chaincode_address()))
            << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  belfry::log::configure(belfry::log::Level::warn, belfry::log::Format::text);
  return run(count, words);
}

// follow: PeerSource on the command line, for the tests against a real network. Prints one JSON
// object a line: what info() says, then each block, then why a stream ended, and opens again as the
// follower would.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <thread>

#include "base/bytes.h"
#include "base/json.h"
#include "decode/block.h"
#include "decode/events.h"
#include "fabric/peer_source.h"

namespace {

using namespace belfry;

struct Arguments {
  std::vector<std::string> peers;  // ADDRESS=TLS-CA-FILE
  std::string tls_certificate, tls_key;
  std::string channel = "mychannel", msp, certificate, key, from = "oldest", kind = "full";
  uint64_t count = UINT64_MAX;
  bool once = false;
  int pause_ms = 200, idle_ms = 60'000;
};

std::string read(const std::string& path) {
  auto text = read_whole(posix_files(), path);
  if (text) return *text;
  std::cerr << text.error().message << '\n';
  std::exit(2);
}

void print(const pipeline::StreamEnd& end) {
  std::string line = R"({"end":)";
  append_json_string(line, end.code);
  line += R"(,"next":)";
  append_json_string(line, end.next == pipeline::StreamEnd::Next::stop ? "stop" : "reconnect");
  line += R"(,"reason":)";
  append_json_string(line, end.reason);
  std::cout << line << "}" << std::endl;
}

void print(const decode::Block& block, const std::string& peer, const std::string& genesis) {
  std::string line = fmt::format(R"({{"block":{},"peer":"{}","transactions":{},"events":[)",
                                 block.number, peer, block.transactions.size());
  decode::WalkOptions options;
  options.genesis = genesis;
  options.kinds = decode::bit(event::Kind::chaincode_event);
  bool first = true;
  decode::walk(block, options, 0, [&](const event::Event& event) {
    if (!first) line += ',';
    first = false;
    append_json_string(line, event.event_name);
    return true;
  });
  std::cout << line << "]}" << std::endl;
}

// The first block to read; none if info() failed, which is printed.
std::optional<uint64_t> start(fabric::PeerSource& source, const Arguments& arguments,
                              std::string& genesis) {
  const auto answer = source.info({});
  if (const auto* end = std::get_if<pipeline::StreamEnd>(&answer)) {
    print(*end);
    return std::nullopt;
  }
  const auto& info = std::get<pipeline::ChannelInfo>(answer);
  genesis = hex(info.genesis_hash);
  std::cout << fmt::format(R"({{"height":{},"genesis":"{}"}})", info.height, genesis) << std::endl;
  if (arguments.from == "oldest") return 0;
  if (arguments.from == "newest") return info.height - 1;
  if (arguments.from == "next") return info.height;
  return std::stoull(arguments.from);
}

int run(const Arguments& arguments) {
  fabric::PeerSourceOptions options;
  options.channel = arguments.channel;
  for (const std::string& peer : arguments.peers) {
    const size_t equals = peer.find('=');
    fabric::PeerAddress address;
    address.address = peer.substr(0, equals);
    address.tls_ca = read(peer.substr(equals + 1));
    if (!arguments.tls_certificate.empty())
      address.client_tls = [&arguments] {
        return fabric::ClientTls{read(arguments.tls_certificate), read(arguments.tls_key)};
      };
    options.peers.push_back(address);
  }
  msp::IdentityProvider provider(posix_files(), system_clock(), arguments.msp,
                                 msp::IdentityFiles{arguments.certificate, arguments.key});
  options.identity = [&] { return provider.current(); };
  options.idle_check = std::chrono::milliseconds(arguments.idle_ms);
  options.kind = arguments.kind == "filtered"  ? fabric::StreamKind::filtered
                 : arguments.kind == "private" ? fabric::StreamKind::private_data
                                               : fabric::StreamKind::full;
  fabric::PeerSource source(options);
  std::string genesis;
  std::optional<uint64_t> next;
  uint64_t read = 0;
  for (;;) {
    if (!next) next = start(source, arguments, genesis);
    if (next) {
      auto opened = source.open(*next, {});
      if (auto* end = std::get_if<pipeline::StreamEnd>(&opened)) {
        print(*end);
      } else {
        auto& stream = *std::get<std::unique_ptr<pipeline::BlockStream>>(opened);
        std::cout << R"({"open":)" << *next << "}" << std::endl;
        for (;;) {
          auto got = stream.next({});
          if (auto* end = std::get_if<pipeline::StreamEnd>(&got)) {
            print(*end);
            break;
          }
          print(std::get<decode::Block>(got), source.describe(), genesis);
          ++*next;
          if (++read == arguments.count) return 0;
        }
      }
    }
    if (arguments.once) return 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(arguments.pause_ms));
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("PeerSource on the command line", "follow");
  app.add_option("--peer", arguments.peers, "ADDRESS=TLS-CA-FILE, in order of preference")
      ->required();
  app.add_option("--tls-certificate", arguments.tls_certificate, "for peers under mutual TLS");
  app.add_option("--tls-key", arguments.tls_key);
  app.add_option("--channel", arguments.channel);
  app.add_option("--msp", arguments.msp)->required();
  app.add_option("--certificate", arguments.certificate)->required();
  app.add_option("--key", arguments.key)->required();
  app.add_option("--from", arguments.from, "oldest, newest, next, or a block");
  app.add_option("--kind", arguments.kind, "full, filtered or private");
  app.add_option("--count", arguments.count, "ends after so many blocks");
  app.add_option("--idle-ms", arguments.idle_ms);
  app.add_flag("--once", arguments.once, "ends with the first failure");
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}

// listen_bench: one way of reading a channel from a peer, measured. `belfry` is PeerSource and the
// decoder, down to each chaincode event; `bare` is gRPC alone, which receives the same bytes over
// the same TLS and looks at none of them. Prints {"events", "bytes", "cpu_seconds", "wall_seconds",
// "rss_mib"}; bench/listen.py compares.
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "base/bytes.h"
#include "base/files.h"
#include "base/log.h"
#include "decode/events.h"
#include "fabric/peer_requests.h"
#include "fabric/peer_source.h"

namespace {

using namespace belfry;

struct Count {
  uint64_t events = 0, bytes = 0;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

[[noreturn]] void die(const std::string& why) {
  std::cerr << "listen_bench: " << why << '\n';
  std::exit(1);
}

std::string read(const std::string& path) {
  auto text = read_whole(posix_files(), path);
  if (!text) die(text.error().message);
  return *text;
}

struct Setup {
  fabric::PeerSourceOptions options;
  std::shared_ptr<const msp::SigningIdentity> identity;
};

Setup set_up(const std::string& address, const std::string& credentials, const std::string& msp_id,
             const std::string& peer_name) {
  Setup out;
  auto identity = msp::identity_from_pem(msp_id, read(credentials + "/user.pem"),
                                         read(credentials + "/user.key"));
  if (!identity) die(identity.error().message);
  out.identity = std::make_shared<const msp::SigningIdentity>(std::move(*identity));
  out.options.channel = "ch1";
  out.options.identity = [identity = out.identity] {
    return Result<std::shared_ptr<const msp::SigningIdentity>>(identity);
  };
  fabric::PeerAddress peer;
  peer.address = address;
  peer.tls_ca = read(credentials + "/tlsca.pem");
  peer.tls_server_name = peer_name;
  peer.plaintext = peer.tls_ca.empty();
  out.options.peers = {peer};
  return out;
}

Count with_belfry(const Setup& setup, int passes) {
  fabric::PeerSource source(setup.options);
  const auto info = source.info({});
  if (const auto* end = std::get_if<pipeline::StreamEnd>(&info)) die(end->reason);
  const std::string genesis = hex(std::get<pipeline::ChannelInfo>(info).genesis_hash);
  decode::WalkOptions walk;
  walk.genesis = genesis;
  walk.network = "charity";
  walk.channel = setup.options.channel;
  walk.kinds = decode::bit(event::Kind::chaincode_event);
  Count out;
  for (int pass = 0; pass < passes; ++pass) {
    auto opened = source.open(0, {});
    if (const auto* end = std::get_if<pipeline::StreamEnd>(&opened)) die(end->reason);
    auto& stream = *std::get<std::unique_ptr<pipeline::BlockStream>>(opened);
    for (uint64_t left = std::get<pipeline::ChannelInfo>(info).height; left > 0; --left) {
      const auto next = stream.next({});
      if (const auto* end = std::get_if<pipeline::StreamEnd>(&next)) die(end->reason);
      const auto& block = std::get<decode::Block>(next);
      out.bytes += block.buffer->size();
      decode::walk(block, walk, 0, [&](const event::Event& event) {
        out.events += event.valid() && event.has_payload;
        return true;
      });
    }
  }
  return out;
}

Count with_grpc_alone(const Setup& setup, uint64_t blocks) {
  const auto& peer = setup.options.peers[0];
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = peer.tls_ca;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(100 << 20);
  arguments.SetSslTargetNameOverride(peer.tls_server_name);
  grpc::GenericStub stub(grpc::CreateCustomChannel(
      peer.address, peer.plaintext ? grpc::InsecureChannelCredentials() : grpc::SslCredentials(tls),
      arguments));
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto await = [&] {
    if (!queue.Next(&tag, &ok) || !ok) die("the stream ended");
  };
  const auto call = stub.PrepareCall(&context, "/protos.Deliver/Deliver", &queue);
  call->StartCall(nullptr);
  await();
  const std::string envelope =
      fabric::seek_envelope({fabric::Seek::From::block, 0, true}, setup.options.channel, "",
                            *setup.identity, system_clock(), secure_random());
  const grpc::Slice slice(envelope);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  await();
  Count out;
  grpc::ByteBuffer message;
  for (; blocks > 0; --blocks) {
    call->Read(&message, nullptr);
    await();
    out.bytes += message.Length();
  }
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  (void)queue.Next(&tag, &ok);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  std::string how, address, credentials, msp_id = "Org1MSP", peer_name = "peer0.org1.example.com";
  int passes = 5;
  uint64_t blocks = 0;
  CLI::App app("Reads a channel from a peer and says what it cost", "listen_bench");
  app.add_option("how", how, "belfry or bare")->required();
  app.add_option("address", address)->required();
  app.add_option("credentials", credentials, "user.pem, user.key, tlsca.pem (empty: no TLS)")
      ->required();
  app.add_option("--msp-id", msp_id, "of the user");
  app.add_option("--peer-name", peer_name, "in the peer's certificate");
  app.add_option("--passes", passes, "how often the ledger is read");
  app.add_option("--blocks", blocks, "how many blocks it has (for bare)");
  CLI11_PARSE(app, argc, argv);
  log::configure(log::Level::error, log::Format::text);
  const Setup setup = set_up(address, credentials, msp_id, peer_name);
  const double cpu = cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  Count count;
  if (how == "belfry") {
    count = with_belfry(setup, passes);
  } else {
    for (int pass = 0; pass < passes; ++pass) count.bytes += with_grpc_alone(setup, blocks).bytes;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  std::cout
      << fmt::format(
             R"({{"events":{},"bytes":{},"cpu_seconds":{:.4f},"wall_seconds":{:.4f},"rss_mib":{:.1f}}})",
             count.events, count.bytes, cpu_seconds() - cpu, wall.count(), rss_mib())
      << std::endl;
  return 0;
}

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "belfry/chaincode/serve.h"
#include "settings.h"

namespace belfry::chaincode {
namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

int serve(Chaincode chaincode, const ServeOptions& options) {
  // Blocked before there are other threads, so that the signal comes to sigwait alone.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto server = Server::start(std::move(chaincode), options);
  if (!server) {
    std::fprintf(stderr, "chaincode: %s\n", server.error().message.c_str());
    return 1;
  }
  const std::string host = options.address.substr(0, options.address.rfind(':'));
  std::fprintf(stderr, "chaincode: %s serves on %s:%d%s\n", options.id.c_str(), host.c_str(),
               (*server)->port(), options.tls ? " with TLS" : "");
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace

int run(Chaincode chaincode, int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : "chaincode";
  const auto settings = read_settings({argv + (argc > 0 ? 1 : 0), argv + argc}, variable);
  if (!settings) {
    std::fprintf(stderr, "chaincode: %s\nSee %s --help.\n", settings.error().message.c_str(),
                 program.c_str());
    return 2;
  }
  if (settings->help) {
    std::fputs(settings_help(program).c_str(), stdout);
    return 0;
  }
  if (!settings->dials) return serve(std::move(chaincode), settings->serve);
  std::fprintf(stderr, "chaincode: %s dials %s\n", settings->serve.id.c_str(),
               settings->serve.address.c_str());
  std::fprintf(stderr, "chaincode: %s\n", dial(chaincode, settings->serve).message.c_str());
  return 1;
}

}  // namespace belfry::chaincode

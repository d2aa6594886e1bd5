// Any bytes as a request's body and Authorization header: nothing may crash, and every answer must
// be a Fabric CA's. The first line is the path, the second the header, the rest the body.
#include <cstdint>
#include <cstdlib>

#include "base/forgetful_files.h"
#include "base/log.h"
#include "ca/authority.h"
#include "ca/endpoints.h"
#include "ca/json.h"

namespace {

using namespace belfry;

ca::Ca& authority() {
  static ForgetfulFiles files(1);
  static ManualClock clock;
  static const std::unique_ptr<Random> random = seeded_random(1);
  static const std::unique_ptr<ca::Ca> made = [] {
    log::configure(log::Level::error, log::Format::text);
    return std::move(*ca::Ca::open({.name = "ca", .older_tokens = true}, {files, clock, *random}));
  }();
  return *made;
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  http::ServerRequest request;
  request.method = "POST";
  request.target = request.path = take_line(rest);
  request.headers.emplace_back("Authorization", std::string(take_line(rest)));
  request.body = rest;
  const http::ServerResponse response = ca::answer(request, {&authority()});
  if (response.status != 404 || response.body[0] == '{')
    if (!ca::parse_json(response.body)) std::abort();
  // The same bytes as a signed request of an identity and as JSON alone.
  (void)ca::parse_json(rest);
  (void)ca::parse_certificate_request(rest);
  return 0;
}

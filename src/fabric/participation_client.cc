#include "fabric/participation_client.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "http/client.h"

namespace belfry::fabric {
namespace {

constexpr std::string_view kPath = "/participation/v1/channels";

// An answer as JSON (which is YAML), its value made by `read`; else what was wrong with it.
template <class T>
Result<T> parse(const std::string& body, T (*read)(const YAML::Node&)) {
  try {
    return read(YAML::Load(body));
  } catch (const YAML::Exception&) {
    return fail("the orderer's answer is not the JSON that was expected");
  }
}

OrderedChannel read_channel(const YAML::Node& node) {
  return {node["name"].as<std::string>(), node["status"].as<std::string>(""),
          node["consensusRelation"].as<std::string>(""), node["height"].as<uint64_t>(0)};
}

std::vector<std::string> read_names(const YAML::Node& node) {
  std::vector<std::string> names;
  if (const YAML::Node channels = node["channels"]; channels && channels.IsSequence())
    for (const YAML::Node& channel : channels) names.push_back(channel["name"].as<std::string>());
  return names;
}

std::string read_error(const YAML::Node& node) {
  return node["error"].as<std::string>();
}

}  // namespace

ParticipationClient::ParticipationClient(Options options)
    : options_(std::move(options)),
      client_(http::Client::create({.allow_private_networks = true,
                                    .authorities = options_.authorities,
                                    .certificate = options_.certificate,
                                    .key = options_.key})) {}

ParticipationClient::~ParticipationClient() = default;

Result<std::string> ParticipationClient::call(const std::string& method, const std::string& path,
                                              const std::string& content_type,
                                              const std::string& body) {
  http::Request request;
  request.method = method;
  request.url = fmt::format("{}://{}{}{}", options_.plaintext ? "http" : "https", options_.address,
                            kPath, path);
  request.body = body;
  request.timeout = options_.timeout;
  if (!content_type.empty()) request.headers.emplace_back("Content-Type", content_type);
  const http::Response response = client_->send(std::move(request));
  if (response.status == 0)
    return fail(
        fmt::format("the orderer's admin address {}: {}", options_.address, response.error));
  if (response.status < 300) return response.body;
  const auto words = parse(response.body, read_error);
  return fail(fmt::format("the orderer {} answered {}: {}", options_.address, response.status,
                          words ? *words : response.body));
}

Result<std::vector<std::string>> ParticipationClient::channels() {
  auto body = call("GET", "", "", "");
  if (!body) return tl::unexpected(body.error());
  return parse(*body, read_names);
}

Result<OrderedChannel> ParticipationClient::channel(const std::string& name) {
  auto body = call("GET", "/" + name, "", "");
  if (!body) return tl::unexpected(body.error());
  return parse(*body, read_channel);
}

Result<OrderedChannel> ParticipationClient::join(const std::string& block) {
  // Nothing in the block can be the boundary: it holds the block's own hash.
  const std::string boundary = "belfry-" + hex(view(sha256(block)));
  const std::string body = fmt::format(
      "--{0}\r\nContent-Disposition: form-data; name=\"config-block\"; "
      "filename=\"config.block\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n{1}\r\n--{0}--\r\n",
      boundary, block);
  auto answer = call("POST", "", "multipart/form-data; boundary=" + boundary, body);
  if (!answer) return tl::unexpected(answer.error());
  return parse(*answer, read_channel);
}

Result<void> ParticipationClient::leave(const std::string& name) {
  auto answer = call("DELETE", "/" + name, "", "");
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

}  // namespace belfry::fabric

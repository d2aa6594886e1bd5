#include "cli/secret_client.h"

#include <fmt/format.h>

#include <cstdlib>

#include "app/secrets.h"
#include "app/storage.h"
#include "aws/secrets_manager.h"
#include "aws/sigv4.h"
#include "base/random.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

constexpr uint64_t kMostAddress = 300;

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

// Of a request that is sent once: what asks for a token gets a fresh one, the rest passes it over.
json::object with_token(json::object input) {
  if (!input.contains("ClientRequestToken")) input["ClientRequestToken"] = secure_random().uuid();
  return input;
}

class Running final : public SecretClient {
 public:
  explicit Running(std::string address) : address_(std::move(address)) {
    http::Client::Options options;
    options.allow_private_networks = true;
    client_ = http::Client::create(options);
  }

  Result<json::object> call(const std::string& action, const json::object& input) override {
    http::Request request;
    request.method = "POST";
    request.url = fmt::format("http://{}/", address_);
    request.body = json::serialize(with_token(input));
    request.headers = {{"Host", address_},
                       {"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Target", "secretsmanager." + action}};
    // Whoever the environment says we are; a belfry without users does not ask.
    const aws::Credentials credentials{environment("AWS_ACCESS_KEY_ID", "belfry"),
                                       environment("AWS_SECRET_ACCESS_KEY", "belfry"),
                                       environment("AWS_SESSION_TOKEN", "")};
    const aws::Scope scope{environment("AWS_REGION", "us-east-1"), "secretsmanager"};
    for (auto& header : aws::sign({"POST", "/", "", &request.headers, request.body}, credentials,
                                  scope, system_clock().now()))
      request.headers.push_back(std::move(header));
    request.response_limit = 8 << 20;
    const http::Response response = client_->send(std::move(request));
    if (response.status == 0)
      return fail(fmt::format("no belfry answers at {}: {}", address_, response.error));
    boost::system::error_code error;
    auto body = json::parse(response.body, error);
    if (error || !body.is_object())
      return fail(
          fmt::format("what answers at {} is no belfry (status {})", address_, response.status));
    if (response.status == 200) return std::move(body.get_object());
    return fail(fmt::format("{}: {}", text_of(body, "__type"),
                            text_of(body, "Message") + text_of(body, "message")));
  }

 private:
  static std::string text_of(const json::value& body, std::string_view key) {
    const auto* found = body.get_object().if_contains(key);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  }

  const std::string address_;
  std::unique_ptr<http::Client> client_;
};

class Stopped final : public SecretClient {
 public:
  Stopped(app::Storage storage) : storage_(std::move(storage)) {
    service_ = aws::secrets_manager(*storage_.secrets);
  }

  Result<json::object> call(const std::string& action, const json::object& input) override {
    aws::Caller caller;
    caller.region = environment("AWS_REGION", "us-east-1");
    aws::Answer answer = aws::Fault{};
    service_.actions.at(action).run(with_token(input), caller,
                                    [&answer](aws::Answer given) { answer = std::move(given); });
    if (auto* fault = std::get_if<aws::Fault>(&answer))
      return fail(fmt::format("{}: {}", fault->code, fault->message));
    return std::move(std::get<json::object>(answer));
  }

 private:
  app::Storage storage_;
  aws::Service service_;
};

}  // namespace

Result<std::unique_ptr<SecretClient>> SecretClient::open(const ApiOptions& options, bool create) {
  const std::string folder = data_folder_of(options);
  const auto noted = read_whole(posix_files(), aws_address_file(folder), kMostAddress);
  auto storage = app::open_storage({}, folder, {}, create);
  if (!storage) {
    // Somebody holds it: a running belfry, which we ask instead.
    if (noted)
      return Result<std::unique_ptr<SecretClient>>(
          std::make_unique<Running>(noted->substr(0, noted->find('\n'))));
    if (posix_files().exists(admin_address_file(folder)))
      return fail(
          "a belfry runs on this data directory, but without the AWS-compatible endpoint: add "
          "`aws: {}` to belfry.yaml, or stop it first");
    return tl::unexpected(storage.error());
  }
  app::SecretsConfig config;
  if (posix_files().exists(options.config))
    config =
        app::load_config(posix_files(), options.config, app::process_environment()).config.secrets;
  auto secrets = app::open_secrets({}, config, folder, *storage->store);
  if (!secrets) return tl::unexpected(secrets.error());
  storage->secrets = std::move(*secrets);
  return Result<std::unique_ptr<SecretClient>>(std::make_unique<Stopped>(std::move(*storage)));
}

}  // namespace belfry::cli

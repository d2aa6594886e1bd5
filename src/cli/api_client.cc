#include "cli/api_client.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/storage.h"

namespace belfry::cli {

namespace {

constexpr uint64_t kMostAddress = 300;

// What the file says about where things are, as far as it can be read: a client must not fail on a
// file that only the server needs whole.
app::Config read_leniently(const std::string& path) {
  if (!posix_files().exists(path)) return {};
  return app::load_config(posix_files(), path, app::process_environment()).config;
}

}  // namespace

void add_api_options(CLI::App* command, ApiOptions& options) {
  command
      ->add_option("-c,--config", options.config,
                   "the configuration, which says where the data directory is")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("-d,--data", options.data, "the data directory of the belfry that is meant")
      ->type_name("FOLDER");
  command->add_option("--api", options.api, "the address of its admin API")->type_name("HOST:PORT");
}

std::string data_folder_of(const ApiOptions& options) {
  if (!options.data.empty()) return options.data;
  return app::data_folder(read_leniently(options.config), {});
}

std::string admin_address_file(const std::string& data_folder) {
  return data_folder + "/admin-address";
}

std::string aws_address_file(const std::string& data_folder) {
  return data_folder + "/aws-address";
}

ApiClient::ApiClient(const ApiOptions& options) : address_(options.api) {
  if (address_.empty()) {
    const auto noted =
        read_whole(posix_files(), admin_address_file(data_folder_of(options)), kMostAddress);
    if (noted) address_ = noted->substr(0, noted->find('\n'));
  }
  if (address_.empty()) address_ = read_leniently(options.config).admin.address.value;
  http::Client::Options client;
  client.allow_private_networks = true;
  client_ = http::Client::create(client);
}

ApiClient::Answer ApiClient::get(const std::string& target, Duration patience) {
  http::Request request;
  request.url = fmt::format("http://{}{}", address_, target);
  request.timeout = patience;
  return send(std::move(request));
}

ApiClient::Answer ApiClient::post(const std::string& target, const boost::json::value& body,
                                  Duration patience) {
  http::Request request;
  request.method = "POST";
  request.url = fmt::format("http://{}{}", address_, target);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = boost::json::serialize(body);
  request.timeout = patience;
  return send(std::move(request));
}

ApiClient::Answer ApiClient::send(http::Request request) {
  request.response_limit = 64 << 20;
  const http::Response response = client_->send(std::move(request));
  Answer answer;
  answer.status = response.status;
  answer.reached = response.status != 0;
  if (!answer.reached) {
    answer.error = fmt::format("no belfry answers at {}: {}", address_, response.error);
    return answer;
  }
  boost::system::error_code error;
  answer.body = boost::json::parse(response.body, error);
  if (error) {
    answer.error =
        fmt::format("what answers at {} is no belfry (status {})", address_, response.status);
  } else if (response.status >= 400) {
    const boost::json::object* object = answer.body.if_object();
    const boost::json::value* reason = object ? object->if_contains("error") : nullptr;
    answer.error = reason && reason->is_string() ? std::string(reason->get_string())
                                                 : fmt::format("status {}", response.status);
  }
  return answer;
}

}  // namespace belfry::cli

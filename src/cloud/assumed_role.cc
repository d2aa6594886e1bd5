#include "cloud/assumed_role.h"

#include <fmt/format.h>

#include <ctime>
#include <pugixml.hpp>

#include "http/url.h"

namespace belfry::cloud {

std::optional<WallTime> parse_time(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (!end) return {};
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

http::Request assume_role_request(const Role& role, const aws::Credentials& by,
                                  const std::string& endpoint, const std::string& region,
                                  WallTime now) {
  http::Request request;
  request.method = "POST";
  request.url = endpoint + "/";
  request.body = "Action=AssumeRole&Version=2011-06-15";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) request.body += fmt::format("&{}={}", name, http::percent_encode(value));
  };
  add("RoleArn", role.arn);
  add("RoleSessionName", role.session_name);
  add("DurationSeconds", role.seconds);
  add("ExternalId", role.external_id);
  request.headers = {{"Host", endpoint.substr(endpoint.find("://") + 3)},
                     {"Content-Type", "application/x-www-form-urlencoded"}};
  const aws::SignedParts parts{request.method, "/", "", &request.headers, request.body};
  auto signature = aws::sign(parts, by, {region, "sts"}, now);
  request.headers.insert(request.headers.end(), signature.begin(), signature.end());
  return request;
}

Result<TemporaryCredentials> read_assumed_role(const http::Response& response) {
  if (response.status == 0) return fail(response.error);
  pugi::xml_document document;
  const bool read = document.load_buffer(response.body.data(), response.body.size());
  if (response.status != 200) {
    const auto error = document.select_node("//*[local-name()='Error']").node();
    return fail(fmt::format("HTTP {} {}: {}", response.status, error.child_value("Code"),
                            error.child_value("Message")));
  }
  const auto found = document.select_node("//*[local-name()='Credentials']").node();
  TemporaryCredentials out{{found.child_value("AccessKeyId"), found.child_value("SecretAccessKey"),
                            found.child_value("SessionToken")},
                           parse_time(found.child_value("Expiration"))};
  if (!read || out.credentials.access_key.empty() || out.credentials.secret_key.empty())
    return fail("the answer has no AccessKeyId and SecretAccessKey");
  return out;
}

}  // namespace belfry::cloud

#include "aws/sns_platform.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/sns_names.h"
#include "topic/platform.h"

namespace belfry::aws::sns {
namespace {

using topic::PlatformAttributes;

constexpr std::array<std::string_view, 8> kPlatforms = {
    "ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "FCM", "GCM", "MACOS"};
constexpr size_t kLongestName = 256;
constexpr size_t kLongestToken = 8'192;

// Never shown.
bool is_credential(std::string_view name) {
  return name == "PlatformCredential" || name == "PlatformPrincipal";
}

Input shown(const PlatformAttributes& attributes) {
  Input out;
  for (const auto& [name, value] : attributes)
    if (!is_credential(name)) out[name] = value;
  return out;
}

void put(const Input& given, PlatformAttributes& into) {
  for (const auto& [name, value] : given) into[std::string(name)] = view(value.get_string());
}

Outcome<void> check_name(std::string_view name) {
  const auto wrong = [&](std::string_view reason) {
    return refuse(invalid(fmt::format("{} Reason: {}", name, reason)));
  };
  if (name.empty()) return wrong("cannot be empty");
  if (name.size() > kLongestName) return wrong("must be at most 256 characters long");
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), good))
    return wrong("must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'");
  return {};
}

Answer store_one(queue::Store& store, std::string_view name, const PlatformAttributes& attributes,
                 Input answer) {
  queue::Batch batch;
  topic::write_platform(name, attributes, batch);
  if (auto stored = commit(store, std::move(batch)); !stored) return stored.error();
  return answer;
}

// "app/GCM/NAME" as the prefix of its endpoints' names.
std::string endpoints_of(std::string_view application) {
  return fmt::format("endpoint{}/", application.substr(application.find('/')));
}

struct Found {
  std::string name;
  PlatformAttributes attributes;
};

Outcome<Found> find(const queue::Store& store, Outcome<std::string> name, std::string_view what) {
  if (!name) return refuse(name.error());
  auto attributes = topic::read_platform(store, *name);
  if (!attributes) return refuse(not_found(what));
  return Found{std::move(*name), std::move(*attributes)};
}

Outcome<Found> find_application(const queue::Store& store, const Input& input) {
  return find(store, application_in_arn(text_of(input, "PlatformApplicationArn")),
              "PlatformApplication");
}

Outcome<Found> find_endpoint(const queue::Store& store, const Input& input) {
  return find(store, endpoint_in_arn(text_of(input, "EndpointArn"), "EndpointArn"), "Endpoint");
}

Answer list(const queue::Store& store, std::string_view prefix, const char* field,
            const char* arn_field, const Input& input, const Caller& caller) {
  const auto page = page_of(topic::platform_names(store, prefix), text_of(input, "NextToken"));
  if (!page) return page.error();
  boost::json::array items;
  for (const auto& name : page->names)
    if (const auto attributes = topic::read_platform(store, name))
      items.push_back(Input{{arn_field, arn_of(name, caller)}, {"Attributes", shown(*attributes)}});
  Input out{{field, std::move(items)}};
  if (!page->next.empty()) out["NextToken"] = page->next;
  return out;
}

}  // namespace

Answer PlatformActions::create_application(const Input& input, const Caller& caller) {
  const std::string_view name = text_of(input, "Name"), platform = text_of(input, "Platform");
  if (std::find(kPlatforms.begin(), kPlatforms.end(), platform) == kPlatforms.end())
    return invalid(fmt::format("Platform Reason: {} is not supported", platform));
  if (auto good = check_name(name); !good) return good.error();
  const auto& given = object_of(input, "Attributes");
  const bool has_credential = given.contains("PlatformCredential"),
             has_principal = given.contains("PlatformPrincipal");
  // FCM's one credential stands alone.
  const bool pair = platform != "GCM" && platform != "FCM";
  if (has_principal && !has_credential)
    return invalid(
        "Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential");
  if (pair && has_credential && !has_principal)
    return invalid(
        "Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal");
  if (!has_credential)
    return invalid("Attributes Reason: PlatformCredential attribute is required");
  std::lock_guard lock(context_.mutex);
  const std::string full = fmt::format("app/{}/{}", platform == "FCM" ? "GCM" : platform, name);
  PlatformAttributes attributes =
      topic::read_platform(context_.store, full).value_or(PlatformAttributes{{"Enabled", "true"}});
  put(given, attributes);
  return store_one(context_.store, full, attributes,
                   {{"PlatformApplicationArn", arn_of(full, caller)}});
}

Answer PlatformActions::delete_application(const Input& input, const Caller&) {
  const auto name = application_in_arn(text_of(input, "PlatformApplicationArn"));
  if (!name) return name.error();
  std::lock_guard lock(context_.mutex);
  queue::Batch batch;
  for (const auto& endpoint : topic::platform_names(context_.store, endpoints_of(*name)))
    topic::erase_platform(endpoint, batch);
  topic::erase_platform(*name, batch);
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input();
}

Answer PlatformActions::application(const Input& input, const Caller&) {
  const auto found = find_application(context_.store, input);
  if (!found) return found.error();
  return Input{{"Attributes", shown(found->attributes)}};
}

Answer PlatformActions::set_application(const Input& input, const Caller&) {
  std::lock_guard lock(context_.mutex);
  const auto name = application_in_arn(text_of(input, "PlatformApplicationArn"));
  if (!name) return name.error();
  if (!input.contains("Attributes")) return missing("attributes");
  auto found = find_application(context_.store, input);
  if (!found) return found.error();
  put(object_of(input, "Attributes"), found->attributes);
  return store_one(context_.store, found->name, found->attributes, {});
}

Answer PlatformActions::list_applications(const Input& input, const Caller& caller) {
  return list(context_.store, "app/", "PlatformApplications", "PlatformApplicationArn", input,
              caller);
}

Answer PlatformActions::create_endpoint(const Input& input, const Caller& caller) {
  std::lock_guard lock(context_.mutex);
  const auto application = find_application(context_.store, input);
  if (!application) return application.error();
  const std::string_view token = text_of(input, "Token");
  if (token.empty() || token.size() > kLongestToken) return invalid("Token");
  PlatformAttributes wanted{{"Enabled", "true"}, {"Token", std::string(token)}};
  if (const auto data = text_of(input, "CustomUserData"); !data.empty())
    wanted["CustomUserData"] = data;
  put(object_of(input, "Attributes"), wanted);
  const std::string prefix = endpoints_of(application->name);
  for (const auto& name : topic::platform_names(context_.store, prefix)) {
    const auto existing = topic::read_platform(context_.store, name);
    if (!existing || existing->find("Token") == existing->end() ||
        existing->find("Token")->second != token)
      continue;
    if (*existing == wanted) return Input{{"EndpointArn", arn_of(name, caller)}};
    return invalid(fmt::format(
        "Token Reason: Endpoint {} already exists with the same Token, but different attributes.",
        arn_of(name, caller)));
  }
  const std::string name = prefix + context_.random.uuid();
  return store_one(context_.store, name, wanted, {{"EndpointArn", arn_of(name, caller)}});
}

Answer PlatformActions::delete_endpoint(const Input& input, const Caller&) {
  const auto name = endpoint_in_arn(text_of(input, "EndpointArn"), "EndpointArn");
  if (!name) return name.error();
  queue::Batch batch;
  topic::erase_platform(*name, batch);
  if (auto stored = commit(context_.store, std::move(batch)); !stored) return stored.error();
  return Input();
}

Answer PlatformActions::endpoint(const Input& input, const Caller&) {
  const auto found = find_endpoint(context_.store, input);
  if (!found) return found.error();
  return Input{{"Attributes", shown(found->attributes)}};
}

Answer PlatformActions::set_endpoint(const Input& input, const Caller&) {
  std::lock_guard lock(context_.mutex);
  auto found = find_endpoint(context_.store, input);
  if (!found) return found.error();
  put(object_of(input, "Attributes"), found->attributes);
  return store_one(context_.store, found->name, found->attributes, {});
}

Answer PlatformActions::list_endpoints(const Input& input, const Caller& caller) {
  const auto application = find_application(context_.store, input);
  if (!application) return application.error();
  return list(context_.store, endpoints_of(application->name), "Endpoints", "EndpointArn", input,
              caller);
}

}  // namespace belfry::aws::sns

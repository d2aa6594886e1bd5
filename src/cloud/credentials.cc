#include "cloud/credentials.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/json.hpp>
#include <mutex>
#include <vector>

#include "cloud/assumed_role.h"
#include "cloud/endpoint.h"
#include "cloud/profile.h"
#include "http/client.h"
#include "http/url.h"

namespace belfry::cloud {

namespace {

constexpr Duration kRefreshBefore = std::chrono::minutes(5);
constexpr Duration kMetadataTimeout = std::chrono::seconds(2);
constexpr Duration kStsTimeout = std::chrono::seconds(15);
constexpr size_t kMostMetadata = 64 << 10;
constexpr size_t kMostRoles = 5;  // assumed one by the other
constexpr std::string_view kEcsHost = "http://169.254.170.2";
constexpr std::string_view kEc2Host = "http://169.254.169.254";

Result<TemporaryCredentials> parse_temporary(const std::string& body) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) return fail("the answer is no JSON object");
  const auto& object = value.get_object();
  const auto text = [&](std::string_view name) {
    const auto* found = object.if_contains(name);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  TemporaryCredentials found{{text("AccessKeyId"), text("SecretAccessKey"), text("Token")},
                             parse_time(text("Expiration"))};
  if (found.credentials.access_key.empty() || found.credentials.secret_key.empty())
    return fail("the answer has no AccessKeyId and SecretAccessKey");
  return found;
}

std::string home_file(const Environment& environment, std::string_view variable,
                      std::string_view name) {
  if (auto given = environment(variable)) return *given;
  if (auto home = environment("HOME")) return fmt::format("{}/.aws/{}", *home, name);
  return {};
}

std::string profile_name(const std::string& configured, const Environment& environment) {
  if (!configured.empty()) return configured;
  return environment("AWS_PROFILE").value_or("default");
}

Result<ProfileKeys> profile_keys(const std::string& profile, const Environment& environment,
                                 FileSystem& files) {
  return read_profile(files, home_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
                      home_file(environment, "AWS_CONFIG_FILE", "config"), profile);
}

class Chain final : public CredentialChain {
 public:
  Chain(CredentialSettings settings, Environment environment, FileSystem& files, const Clock& clock)
      : settings_(std::move(settings)),
        environment_(std::move(environment)),
        files_(files),
        clock_(clock),
        // Both metadata services live at link-local addresses.
        client_(http::Client::create({.allow_private_networks = true, .connections = 4})) {}

  ~Chain() override {
    stopping_ = true;
    client_.reset();  // its requests end, and with them whoever waits
  }

  void get(Callback<Result<aws::Credentials>> done) override {
    {
      std::unique_lock lock(mutex_);
      const WallTime now = clock_.now();
      if (current_ && (!current_->ends || now + kRefreshBefore < *current_->ends)) {
        const aws::Credentials credentials = current_->credentials;
        lock.unlock();
        return done(credentials);
      }
      waiting_.push_back(std::move(done));
      if (waiting_.size() > 1) return;
    }
    look();
  }

  void forget(const aws::Credentials& credentials) override {
    std::lock_guard lock(mutex_);
    if (current_ && current_->credentials.access_key == credentials.access_key &&
        current_->credentials.session_token == credentials.session_token)
      current_.reset();
  }

 private:
  // The fetch under way: where was looked, and why it was not there; and the roles that the keys
  // found shall assume, the last one first.
  struct Search {
    std::vector<std::string> reasons;
    std::vector<Role> roles;
    std::string source;  // the profile to look at next
  };
  using SearchPtr = std::shared_ptr<Search>;

  void look() {
    if (!settings_.fixed.access_key.empty()) return found({settings_.fixed, {}});
    auto search = std::make_shared<Search>();
    if (auto keys = environment_keys()) return found({*keys, {}});
    const bool half = environment_("AWS_ACCESS_KEY_ID") || environment_("AWS_SECRET_ACCESS_KEY");
    search->reasons.emplace_back(half ? "the environment has only one of AWS_ACCESS_KEY_ID and "
                                        "AWS_SECRET_ACCESS_KEY"
                                      : "the environment has no AWS_ACCESS_KEY_ID");
    look_in_profile(std::move(search), profile_name(settings_.profile, environment_));
  }

  std::optional<aws::Credentials> environment_keys() const {
    const auto access = environment_("AWS_ACCESS_KEY_ID");
    const auto secret = environment_("AWS_SECRET_ACCESS_KEY");
    if (!access || !secret) return {};
    return aws::Credentials{*access, *secret, environment_("AWS_SESSION_TOKEN").value_or("")};
  }

  // A profile has keys, or a role and where the keys are from that may assume it: another profile,
  // perhaps with a role itself.
  void look_in_profile(SearchPtr search, std::string profile) {
    for (std::string above;; above = profile, profile = search->source) {
      auto keys = profile_keys(profile, environment_, files_);
      if (!keys) return failed(*search, keys.error().message);
      const auto value = [&](const std::string& name) { return (*keys)[name]; };
      const std::string access = value("aws_access_key_id"),
                        secret = value("aws_secret_access_key");
      // A profile may be its own source.
      if (const std::string role = value("role_arn"); !role.empty() && profile != above) {
        if (!value("mfa_serial").empty())
          return failed(*search, fmt::format("the profile '{}' wants a code of a person's device, "
                                             "which belfry does not ask for: export its keys (aws "
                                             "configure export-credentials)",
                                             profile));
        if (search->roles.size() == kMostRoles)
          return failed(*search, "the profiles' roles assume each other without an end");
        Role assumed{role};
        if (auto name = value("role_session_name"); !name.empty()) assumed.session_name = name;
        if (auto seconds = value("duration_seconds"); !seconds.empty()) assumed.seconds = seconds;
        assumed.external_id = value("external_id");
        search->roles.push_back(std::move(assumed));
        if (search->source = value("source_profile"); !search->source.empty()) continue;
        return look_in_source(std::move(search), profile, value("credential_source"));
      }
      if (!access.empty() && !secret.empty())
        return obtained(std::move(search), {{access, secret, value("aws_session_token")}, {}});
      const bool elsewhere = keys->contains("sso_session") || keys->contains("sso_start_url") ||
                             keys->contains("credential_process");
      search->reasons.push_back(
          elsewhere ? fmt::format("the profile '{}' gets its keys by a login or a process, which "
                                  "belfry does not do: export them (aws configure "
                                  "export-credentials)",
                                  profile)
                    : fmt::format("the profile '{}' has no keys", profile));
      break;
    }
    if (search->roles.empty()) return look_in_container(std::move(search));
    failed(*search, "so nothing can assume the role " + search->roles.back().arn);
  }

  void look_in_source(SearchPtr search, const std::string& profile, const std::string& source) {
    if (source == "EcsContainer") return look_in_container(std::move(search));
    if (source == "Ec2InstanceMetadata") return look_in_instance(std::move(search));
    if (source == "Environment")
      if (auto keys = environment_keys()) return obtained(std::move(search), {*keys, {}});
    failed(*search, fmt::format("the profile '{}' has a role_arn, and neither its source_profile "
                                "nor its credential_source has keys that may assume it",
                                profile));
  }

  // Keys were found; the roles that they shall assume are left.
  void obtained(SearchPtr search, TemporaryCredentials credentials) {
    if (search->roles.empty()) return found(std::move(credentials));
    if (stopping_) return failed(*search, "belfry is stopping");
    const Role role = std::move(search->roles.back());
    search->roles.pop_back();
    const std::string endpoint =
        find_endpoint(settings_.endpoint, "sts", settings_.region, environment_);
    auto request = assume_role_request(role, credentials.credentials, endpoint, settings_.region,
                                       clock_.now());
    request.timeout = kStsTimeout;
    request.response_limit = kMostMetadata;
    client_->send(std::move(request), [this, search, role](http::Response response) {
      auto assumed = read_assumed_role(response);
      if (!assumed)
        return failed(*search, fmt::format("the role {} cannot be assumed: {}", role.arn,
                                           assumed.error().message));
      obtained(search, std::move(*assumed));
    });
  }

  void look_in_container(SearchPtr search) {
    http::Request request;
    request.timeout = kMetadataTimeout;
    request.connect_timeout = kMetadataTimeout;
    request.response_limit = kMostMetadata;
    if (const auto relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
      request.url = std::string(kEcsHost) + *relative;
    } else if (const auto full = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
      request.url = *full;
    } else {
      search->reasons.emplace_back("this is no ECS task");
      // A profile that names the task as its source means no other.
      if (!search->roles.empty()) return failed(*search, "its role cannot be assumed");
      return look_in_instance(std::move(search));
    }
    std::string token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (const auto file = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      auto contents = read_whole(files_, *file, kMostMetadata);
      if (!contents) return failed(*search, "the task's role: " + contents.error().message);
      token = std::move(*contents);
    }
    if (!token.empty()) request.headers.emplace_back("Authorization", token);
    client_->send(std::move(request), [this, search](http::Response response) {
      take(search, "the task's role", response);
    });
  }

  void look_in_instance(SearchPtr search) {
    if (stopping_) return failed(*search, "belfry is stopping");
    if (environment_("AWS_EC2_METADATA_DISABLED").value_or("") == "true")
      return failed(*search, "the EC2 metadata is disabled (AWS_EC2_METADATA_DISABLED)");
    http::Request request = metadata_request("/latest/api/token");
    request.method = "PUT";
    request.headers.emplace_back("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    client_->send(std::move(request), [this, search](http::Response response) {
      if (response.status != 200) return failed(*search, "this is no EC2 instance");
      ask_role(search, response.body);
    });
  }

  void ask_role(SearchPtr search, const std::string& token) {
    if (stopping_) return failed(*search, "belfry is stopping");
    http::Request request = metadata_request("/latest/meta-data/iam/security-credentials/");
    request.headers.emplace_back("X-aws-ec2-metadata-token", token);
    client_->send(std::move(request), [this, search, token](http::Response response) {
      const std::string role = response.body.substr(0, response.body.find('\n'));
      if (response.status != 200 || role.empty() || stopping_)
        return failed(*search, "the EC2 instance has no role");
      http::Request next = metadata_request("/latest/meta-data/iam/security-credentials/" + role);
      next.headers.emplace_back("X-aws-ec2-metadata-token", token);
      client_->send(std::move(next), [this, search](http::Response response) {
        take(search, "the instance's role", response);
      });
    });
  }

  http::Request metadata_request(const std::string& path) const {
    http::Request request;
    request.url = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string(kEc2Host));
    while (request.url.ends_with('/')) request.url.pop_back();
    request.url += path;
    request.timeout = kMetadataTimeout;
    request.connect_timeout = std::chrono::seconds(1);
    request.response_limit = kMostMetadata;
    return request;
  }

  void take(const SearchPtr& search, const std::string& where, const http::Response& response) {
    if (response.status != 200)
      return failed(*search, fmt::format("{}: {}", where,
                                         response.status ? fmt::format("HTTP {}", response.status)
                                                         : response.error));
    auto parsed = parse_temporary(response.body);
    if (!parsed) return failed(*search, fmt::format("{}: {}", where, parsed.error().message));
    obtained(search, std::move(*parsed));
  }

  void found(TemporaryCredentials credentials) {
    std::vector<Callback<Result<aws::Credentials>>> waiting;
    {
      std::lock_guard lock(mutex_);
      current_ = credentials;
      waiting.swap(waiting_);
    }
    for (auto& done : waiting) done(credentials.credentials);
  }

  void failed(Search& search, std::string reason) {
    search.reasons.push_back(std::move(reason));
    std::string message = "no AWS credentials: ";
    for (size_t i = 0; i < search.reasons.size(); ++i)
      message += (i ? "; " : "") + search.reasons[i];
    std::vector<Callback<Result<aws::Credentials>>> waiting;
    std::optional<aws::Credentials> still_good;
    {
      std::lock_guard lock(mutex_);
      if (current_ && current_->ends && clock_.now() < *current_->ends)
        still_good = current_->credentials;
      waiting.swap(waiting_);
    }
    for (auto& done : waiting) {
      if (still_good)
        done(*still_good);
      else
        done(fail(message));
    }
  }

  const CredentialSettings settings_;
  const Environment environment_;
  FileSystem& files_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<TemporaryCredentials> current_;
  std::vector<Callback<Result<aws::Credentials>>> waiting_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<http::Client> client_;
};

}  // namespace

std::unique_ptr<CredentialChain> CredentialChain::create(CredentialSettings settings,
                                                         Environment environment, FileSystem& files,
                                                         const Clock& clock) {
  return std::make_unique<Chain>(std::move(settings), std::move(environment), files, clock);
}

Result<std::string> find_region(const std::string& configured, const std::string& profile,
                                const Environment& environment, FileSystem& files) {
  if (!configured.empty()) return configured;
  for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto region = environment(variable); region && !region->empty()) return *region;
  auto keys = profile_keys(profile_name(profile, environment), environment, files);
  if (!keys) return tl::unexpected(keys.error());
  return (*keys)["region"];
}

}  // namespace belfry::cloud

#include "app/aws_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "app/config_check.h"
#include "aws/front.h"
#include "aws/secrets_manager.h"
#include "aws/sns.h"
#include "aws/sqs.h"
#include "aws/ssm.h"
#include "aws/sts.h"
#include "http/router.h"
#include "http/server.h"

namespace belfry::app {

namespace {

// A batch of messages is 1 MiB at most; in a form each byte may take three.
constexpr size_t kLargestBody = 4 << 20;
constexpr unsigned kMostThreads = 8;  // unless the configuration wants more

// The services' timers on the runtime's threads.
class RuntimeExecutor final : public Executor {
 public:
  explicit RuntimeExecutor(Runtime& runtime) : runtime_(runtime) {}
  void post(Callback<> task) override { runtime_.after(Duration(0), std::move(task)); }
  void post_after(Duration delay, Callback<> task) override {
    runtime_.after(delay, std::move(task));
  }

 private:
  Runtime& runtime_;
};

aws::Front::Options front_options(const AwsConfig& config) {
  aws::Front::Options options;
  options.account = config.account.value;
  options.region = config.region.value;
  for (const auto& user : config.users) {
    auto policy = aws::Policy::parse(user.value.policy.value);
    // The configuration was checked: a policy that does not parse is not reached.
    options.access.add({user.name, user.value.access_key.value, user.value.secret_key.value,
                        policy ? std::move(*policy) : aws::Policy()});
  }
  return options;
}

int threads(const AwsConfig& config) {
  if (config.threads > 0) return static_cast<int>(config.threads);
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads));
}

template <class T>
std::set<std::string> names_of(const Table<T>& table) {
  const auto names = table.names();
  return {names.begin(), names.end()};
}

// What the signatures of notifications are checked with.
http::ServerResponse certificate(topic::Notices& notices, const http::ServerRequest& request) {
  if (request.path.substr(1) != notices.notary().file_name())
    return http::error_response(404, "there is no such certificate");
  http::ServerResponse response;
  response.headers = {{"Content-Type", "application/x-pem-file"}};
  response.body = notices.notary().certificate();
  return response;
}

class Endpoint final : public AwsFront {
 public:
  explicit Endpoint(Runtime& runtime)
      : runtime_(runtime),
        executor_(runtime),
        sqs_(runtime.store(), runtime.clock(), secure_random(), executor_,
             {names_of(runtime.config().queues)}),
        front_(runtime.clock(), secure_random(), front_options(*runtime.config().aws)) {
    front_.add(sqs_.service());
    front_.add(runtime.sns().service());
    front_.add_open(
        "/SimpleNotificationService-",
        [&notices = runtime.notices()](http::ServerRequest request, http::Respond respond) {
          respond(certificate(notices, request));
        });
    front_.add(aws::secrets_manager(*runtime.secrets()));
    front_.add(aws::ssm(*runtime.secrets()));
    front_.add(aws::sts());
    aws::lambda::Lambda& lambda = *runtime.lambda_api();
    lambda.set_allowed(
        [this](const aws::Caller& caller, std::string_view action, std::string_view resource) {
          return front_.denied(caller, action, resource);
        });
    for (const std::string& prefix : aws::lambda::Lambda::prefixes())
      front_.add_rest(
          prefix, "lambda",
          [&lambda](http::ServerRequest request, const aws::Caller& caller, http::Respond respond) {
            lambda.handle(std::move(request), caller, std::move(respond));
          });
  }

  Result<void> listen(const std::string& address) {
    const size_t colon = address.rfind(':');
    http::Server::Options options;
    options.address = address.substr(0, colon);
    options.port = static_cast<uint16_t>(std::stoi(address.substr(colon + 1)));
    options.body_limit = kLargestBody;
    options.body_limit_of = [](std::string_view path) {
      return aws::lambda::Lambda::takes_code(path) ? aws::lambda::Lambda::kLargestRequest
                                                   : kLargestBody;
    };
    options.threads = threads(*runtime_.config().aws);
    options.round_begins = [this] { runtime_.store().begin_turn(); };
    options.round_ends = [this] { runtime_.store().end_turn(); };
    auto server = http::Server::start(std::move(options),
                                      [this](http::ServerRequest request, http::Respond respond) {
                                        front_.handle(std::move(request), std::move(respond));
                                      });
    if (!server)
      return fail(fmt::format("the AWS-compatible endpoint cannot listen on {}: {}", address,
                              server.error().message));
    server_ = std::move(*server);
    address_ = fmt::format("{}:{}", address.substr(0, colon), server_->port());
    runtime_.lambdas()->set_endpoint("http://" + reachable(address_));
    sqs_.resume();
    if (runtime_.config().aws->url.empty()) runtime_.notices().set_endpoint("http://" + address_);
    // The first publication need not wait for the key to be made.
    runtime_.after(Duration(0), [&notices = runtime_.notices()] { notices.notary().file_name(); });
    return {};
  }

  std::string address() const override { return address_; }

 private:
  // From this machine: an address that stands for all of them is no place to go to.
  static std::string reachable(std::string address) {
    for (const std::string_view any : {"0.0.0.0:", "[::]:", ":::"})
      if (address.starts_with(any)) return "127.0.0.1:" + address.substr(any.size());
    return address;
  }

  Runtime& runtime_;
  RuntimeExecutor executor_;
  aws::Sqs sqs_;
  aws::Front front_;
  std::string address_;
  std::unique_ptr<http::Server> server_;  // last: no handler runs once it is gone
};

}  // namespace

Result<std::unique_ptr<AwsFront>> AwsFront::start(Runtime& runtime) {
  auto endpoint = std::make_unique<Endpoint>(runtime);
  if (auto listening = endpoint->listen(runtime.config().aws->address.value); !listening)
    return tl::unexpected(listening.error());
  return Result<std::unique_ptr<AwsFront>>(std::move(endpoint));
}

void check_aws(const Config& config, std::vector<Problem>& problems) {
  if (!config.aws) return;
  if (const auto bad = bad_address(config.aws->address.value, 0))
    problems.push_back({config.aws->address.at, *bad});
  const std::string& account = config.aws->account.value;
  if (account.size() != 12 ||
      !std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; }))
    problems.push_back(
        {config.aws->account.at, fmt::format("expected twelve digits, not '{}'", account)});
  for (const auto& user : config.aws->users)
    if (const auto policy = aws::Policy::parse(user.value.policy.value); !policy)
      problems.push_back({user.value.policy.at, policy.error().message});
}

}  // namespace belfry::app

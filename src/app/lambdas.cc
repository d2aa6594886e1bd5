#include "app/lambdas.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>

#include "aws/lambda_event_source.h"

namespace belfry::app {

namespace {

constexpr uint64_t kMegabyte = 1 << 20;

functions::LambdaSettings settings_of(const Config& config, const Named<FunctionConfig>& function) {
  const LambdaConfig& it = *function.value.lambda;
  functions::LambdaSettings settings;
  settings.name = function.name;
  settings.arn = fmt::format("arn:aws:lambda:{}:{}:function:{}", config.aws->region.value,
                             config.aws->account.value, function.name);
  settings.region = config.aws->region.value;
  settings.runtime = it.runtime.value;
  settings.handler = it.handler.value;
  std::error_code error;
  settings.code = std::filesystem::canonical(it.code.value, error).string();
  settings.timeout = it.timeout;
  settings.memory = static_cast<uint32_t>(it.memory / kMegabyte);
  settings.concurrency = it.concurrency;
  for (const auto& [name, value] : it.environment)
    settings.environment.emplace_back(name, value.value);
  if (const AwsUserConfig* user = config.aws->users.find(it.user.value)) {
    settings.access_key = user->access_key.value;
    settings.secret_key = user->secret_key.value;
  }
  return settings;
}

// As clients see it.
aws::lambda::FunctionRecord record_of(const Config& config, const Named<FunctionConfig>& function,
                                      Host host) {
  const functions::LambdaSettings settings = settings_of(config, function);
  aws::lambda::FunctionRecord record;
  record.fixed = true;
  record.name = settings.name;
  record.runtime = settings.runtime;
  record.handler = settings.handler;
  record.role = fmt::format(
      "arn:aws:iam::{}:role/{}", config.aws->account.value,
      function.value.lambda->user.empty() ? "belfry" : function.value.lambda->user.value);
  record.description = "of " + config.file;
  record.timeout = std::chrono::duration_cast<std::chrono::seconds>(settings.timeout).count();
  record.memory = settings.memory;
  record.region = settings.region;
  record.code = settings.code;
  record.last_modified = aws::lambda::lambda_time(host.clock.now());
  record.revision = host.random.uuid();
  if (!settings.environment.empty())
    record.environment.emplace(settings.environment.begin(), settings.environment.end());
  return record;
}

// The result as it is sent on: a string's text, else JSON; nothing of null, undefined and of
// answers that only name failures.
std::optional<std::string> text_of(const std::string& result) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(result, error);
  if (error) return result;
  if (parsed.is_null()) return {};
  if (parsed.is_string()) return std::string(parsed.get_string());
  if (const auto* object = parsed.if_object();
      object && object->size() == 1 && object->contains("batchItemFailures"))
    return {};
  return result;
}

}  // namespace

Result<std::unique_ptr<functions::LambdaHost>> start_lambda_host(const Config& config, Host host,
                                                                 const std::string& folder) {
  auto started =
      functions::LambdaHost::start(host.files, host.clock, host.random, {folder + "/functions"});
  if (!started) return started;
  for (const auto& function : config.functions)
    if (function.value.lambda)
      if (auto put = (*started)->put(settings_of(config, function)); !put)
        return fail(fmt::format("function {}: {}", function.name, put.error().message));
  return started;
}

Result<std::unique_ptr<aws::lambda::Lambda>> open_lambda_api(const Config& config, Host host,
                                                             const std::string& folder,
                                                             Storage& storage,
                                                             functions::LambdaHost& lambdas,
                                                             Executor& executor) {
  aws::lambda::Lambda::Options options;
  options.folder = folder + "/functions";
  options.account = config.aws->account.value;
  for (const auto& function : config.functions)
    if (function.value.lambda) options.fixed.push_back(record_of(config, function, host));
  options.keys =
      [&config](std::string_view user) -> std::optional<std::pair<std::string, std::string>> {
    const AwsUserConfig* found = config.aws->users.find(user);
    if (!found) return {};
    return std::pair(found->access_key.value, found->secret_key.value);
  };
  auto api = std::make_unique<aws::lambda::Lambda>(
      aws::lambda::Lambda::Parts{*storage.store, lambdas, host.files, host.clock, host.random,
                                 executor},
      std::move(options));
  if (auto resumed = api->resume(); !resumed) return tl::unexpected(resumed.error());
  return api;
}

Result<std::unique_ptr<pipeline::Worker>> lambda_worker(
    const Config& config, const Named<FunctionConfig>& function, Host host, Storage& storage,
    functions::LambdaHost& lambdas, functions::Sending sending, Executor& executor) {
  const LambdaConfig& it = *function.value.lambda;
  aws::lambda::EventSourceSettings settings;
  settings.queue = function_queue(function);
  settings.function = function.name;
  settings.region = config.aws->region.value;
  settings.account = config.aws->account.value;
  settings.batch = it.batch ? it.batch->size : sending.nowhere() ? 10 : 1;
  settings.window = it.batch ? it.batch->window : Duration(0);
  settings.concurrency = it.concurrency;
  settings.report_failures = it.report_failures;
  settings.function_timeout = it.timeout;
  settings.attempts = function.value.retry.retries + 1;
  settings.dead_letter_queue = function.value.dead_letter.value;
  if (!it.filter.empty()) {
    auto pattern = match::Pattern::parse(it.filter.value, match::Dialect::listener);
    if (!pattern) return fail("filter: " + pattern.error().message);
    settings.filters.push_back(std::move(*pattern));
  }
  if (!sending.nowhere())
    settings.effects = [sending = std::move(sending)](
                           const std::string& result,
                           const std::vector<queue::Received>& messages) -> Result<queue::Batch> {
      queue::Batch batch;
      // What several messages made has no single cause whose attributes could travel with it.
      const queue::Message cause = messages.size() == 1 ? messages[0].message : queue::Message();
      if (const auto text = text_of(result)) sending.send(*text, {}, cause, batch);
      return batch;
    };
  return aws::lambda::event_source(*storage.store, lambdas, executor, host.clock,
                                   std::move(settings));
}

}  // namespace belfry::app

#include "functions/lambda_host.h"

#include <filesystem>

namespace belfry::functions {

struct LambdaHost::Function {
  LambdaSettings settings;             // under the host's mutex
  std::shared_ptr<FunctionLog> log;    // fixed
  std::unique_ptr<FunctionPool> pool;  // the loop's thread only
};

LambdaHost::LambdaHost(FileSystem& files, Clock& clock, Random& random, Options options)
    : options_(std::move(options)),
      shared_{loop_,
              files,
              clock,
              random,
              {options_.folder + "/.runtimes", options_.folder + "/.scratch"},
              {}} {}

Result<std::unique_ptr<LambdaHost>> LambdaHost::start(FileSystem& files, Clock& clock,
                                                      Random& random, Options options) {
  std::error_code error;
  options.folder = std::filesystem::absolute(options.folder, error).string();
  std::unique_ptr<LambdaHost> host(new LambdaHost(files, clock, random, std::move(options)));
  if (auto written = write_clients(files, host->shared_.folders); !written)
    return tl::unexpected(written.error());
  return host;
}

LambdaHost::~LambdaHost() {
  loop_.run([this] {
    std::map<std::string, std::shared_ptr<Function>> functions;
    {
      std::lock_guard lock(mutex_);
      functions.swap(functions_);
    }
    for (auto& [name, function] : functions) function->pool.reset();
  });
}

void LambdaHost::set_endpoint(std::string endpoint) {
  loop_.run([&] { shared_.endpoint = std::move(endpoint); });
}

Result<void> LambdaHost::put(const LambdaSettings& settings) {
  std::shared_ptr<Function> function;
  {
    std::lock_guard lock(mutex_);
    if (const auto at = functions_.find(settings.name); at != functions_.end()) {
      function = at->second;
      function->settings = settings;
    } else {
      auto log = FunctionLog::open(shared_.files, shared_.clock,
                                   options_.folder + "/" + settings.name, {});
      if (!log) return tl::unexpected(log.error());
      function = std::make_shared<Function>();
      function->settings = settings;
      function->log = std::move(*log);
      functions_.emplace(settings.name, function);
    }
  }
  loop_.post([this, function, settings] {
    if (function->pool)
      function->pool->configure(settings);
    else
      function->pool = std::make_unique<FunctionPool>(shared_, settings, function->log);
  });
  return {};
}

void LambdaHost::remove(const std::string& name) {
  std::shared_ptr<Function> function;
  {
    std::lock_guard lock(mutex_);
    const auto at = functions_.find(name);
    if (at == functions_.end()) return;
    function = at->second;
    functions_.erase(at);
  }
  loop_.post([function] { function->pool.reset(); });
}

std::optional<LambdaSettings> LambdaHost::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto at = functions_.find(name);
  if (at == functions_.end()) return {};
  return at->second->settings;
}

std::vector<std::string> LambdaHost::names() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, function] : functions_) names.push_back(name);
  return names;
}

void LambdaHost::invoke(const std::string& name, Invocation invocation, Wait wait,
                        Callback<InvocationResult> done) {
  std::shared_ptr<Function> function;
  {
    std::lock_guard lock(mutex_);
    if (const auto at = functions_.find(name); at != functions_.end()) function = at->second;
  }
  loop_.post(
      [this, function, invocation = std::move(invocation), wait, done = std::move(done)]() mutable {
        if (!function || !function->pool)
          return done({InvocationResult::Kind::unknown, {}, {}, {}});
        function->pool->invoke(std::move(invocation), shared_.random.uuid(), wait == Wait::yes,
                               std::move(done));
      });
}

FunctionCounts LambdaHost::counts(const std::string& name) {
  std::shared_ptr<Function> function;
  {
    std::lock_guard lock(mutex_);
    if (const auto at = functions_.find(name); at != functions_.end()) function = at->second;
  }
  FunctionCounts counts;
  if (function)
    loop_.run([&] {
      if (function->pool) counts = function->pool->counts();
    });
  return counts;
}

std::shared_ptr<FunctionLog> LambdaHost::log(const std::string& name) {
  std::lock_guard lock(mutex_);
  const auto at = functions_.find(name);
  return at == functions_.end() ? nullptr : at->second->log;
}

std::optional<std::string> function_name(std::string_view text) {
  // arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER], ACCOUNT:function:NAME[:…], NAME[:…]
  if (const size_t at = text.find("function:"); at != text.npos) text.remove_prefix(at + 9);
  const size_t colon = text.find(':');
  if (colon != text.npos && text.substr(colon + 1) != "$LATEST") return {};
  const std::string_view name = text.substr(0, colon);
  if (name.empty() || name.size() > 140) return {};
  for (const char c : name)
    if (!(c == '-' || c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
          (c >= 'A' && c <= 'Z')))
      return {};
  return std::string(name);
}

}  // namespace belfry::functions

#include "aws/lambda.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "aws/json_fields.h"
#include "aws/lambda_names.h"
#include "aws/lambda_state.h"
#include "aws/sqs_names.h"
#include "base/log.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr int kJsonDepth = 32;
constexpr size_t kConcurrency = 10;  // environments of a function without reserved concurrency

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  if (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

// Whether the path is the pattern's, and what stands in its {}.
bool matches(std::string_view pattern, const std::vector<std::string_view>& path,
             std::vector<std::string>& names) {
  const auto wanted = parts_of(pattern);
  if (wanted.size() != path.size()) return false;
  names.clear();
  for (size_t i = 0; i < path.size(); ++i) {
    if (wanted[i] == "{}" && !path[i].empty())
      names.emplace_back(path[i]);
    else if (wanted[i] != path[i])
      return false;
  }
  return true;
}

}  // namespace

Lambda::State::State(Parts given, Options of)
    : parts(given),
      options(std::move(of)),
      mappings({given.store, given.host, given.executor, given.clock, options.account}),
      events(given.store, given.host, given.random, given.executor,
             [this](const std::string& function) {
               EventPolicy policy;
               const auto record = this->record(function);
               if (!record) return policy;
               if (const auto* most = record->invoke_config.if_contains("MaximumRetryAttempts"))
                 policy.attempts = 1 + static_cast<uint32_t>(most->as_int64());
               if (const auto queue = sqs::name_in_arn(record->dead_letter_arn))
                 policy.dead_letter_queue = *queue;
               return policy;
             }) {}

const std::vector<Lambda::State::Action>& Lambda::State::actions() {
  using S = State;
  static const std::vector<Action> all = {
      {"POST", "/2015-03-31/functions", "CreateFunction", &S::create_function, false},
      {"GET", "/2015-03-31/functions", "ListFunctions", &S::list_functions, false},
      {"GET", "/2015-03-31/functions/{}", "GetFunction", &S::get_function},
      {"DELETE", "/2015-03-31/functions/{}", "DeleteFunction", &S::delete_function},
      {"GET", "/2015-03-31/functions/{}/configuration", "GetFunctionConfiguration",
       &S::get_configuration},
      {"PUT", "/2015-03-31/functions/{}/configuration", "UpdateFunctionConfiguration",
       &S::update_configuration},
      {"PUT", "/2015-03-31/functions/{}/code", "UpdateFunctionCode", &S::update_code},
      {"GET", "/2015-03-31/functions/{}/code.zip", "GetFunction", &S::get_code},
      {"POST", "/2015-03-31/functions/{}/invocations", "InvokeFunction", &S::invoke},
      {"POST", "/2014-11-13/functions/{}/invoke-async", "InvokeFunction", &S::invoke_async},
      {"POST", "/2021-11-15/functions/{}/response-streaming-invocations",
       "InvokeWithResponseStream", nullptr},
      {"POST", "/2015-03-31/functions/{}/policy", "AddPermission", &S::add_permission},
      {"GET", "/2015-03-31/functions/{}/policy", "GetPolicy", &S::get_policy},
      {"DELETE", "/2015-03-31/functions/{}/policy/{}", "RemovePermission", &S::remove_permission},
      {"GET", "/2015-03-31/functions/{}/versions", "ListVersionsByFunction", &S::list_versions},
      {"POST", "/2015-03-31/functions/{}/versions", "PublishVersion", nullptr},
      {"GET", "/2015-03-31/functions/{}/aliases", "ListAliases", &S::list_aliases},
      {"POST", "/2015-03-31/functions/{}/aliases", "CreateAlias", nullptr},
      {"GET", "/2015-03-31/functions/{}/aliases/{}", "GetAlias", nullptr},
      {"PUT", "/2015-03-31/functions/{}/aliases/{}", "UpdateAlias", nullptr},
      {"DELETE", "/2015-03-31/functions/{}/aliases/{}", "DeleteAlias", nullptr},
      {"GET", "/2017-03-31/tags/{}", "ListTags", &S::list_tags},
      {"POST", "/2017-03-31/tags/{}", "TagResource", &S::tag},
      {"DELETE", "/2017-03-31/tags/{}", "UntagResource", &S::untag},
      {"PUT", "/2017-10-31/functions/{}/concurrency", "PutFunctionConcurrency",
       &S::put_concurrency},
      {"DELETE", "/2017-10-31/functions/{}/concurrency", "DeleteFunctionConcurrency",
       &S::delete_concurrency},
      {"GET", "/2019-09-30/functions/{}/concurrency", "GetFunctionConcurrency",
       &S::get_concurrency},
      {"PUT", "/2019-09-25/functions/{}/event-invoke-config", "PutFunctionEventInvokeConfig",
       &S::put_invoke_config},
      {"POST", "/2019-09-25/functions/{}/event-invoke-config", "UpdateFunctionEventInvokeConfig",
       &S::update_invoke_config},
      {"GET", "/2019-09-25/functions/{}/event-invoke-config", "GetFunctionEventInvokeConfig",
       &S::get_invoke_config},
      {"DELETE", "/2019-09-25/functions/{}/event-invoke-config", "DeleteFunctionEventInvokeConfig",
       &S::delete_invoke_config},
      {"GET", "/2020-06-30/functions/{}/code-signing-config", "GetFunctionCodeSigningConfig",
       &S::code_signing},
      {"GET", "/2021-07-20/functions/{}/runtime-management-config", "GetRuntimeManagementConfig",
       &S::runtime_management},
      {"GET", "/2016-08-19/account-settings", "GetAccountSettings", &S::account_settings, false},
      {"POST", "/2015-03-31/event-source-mappings", "CreateEventSourceMapping", &S::create_mapping,
       false},
      {"GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings", &S::list_mappings,
       false},
      {"GET", "/2015-03-31/event-source-mappings/{}", "GetEventSourceMapping", &S::get_mapping,
       false},
      {"PUT", "/2015-03-31/event-source-mappings/{}", "UpdateEventSourceMapping",
       &S::update_mapping, false},
      {"DELETE", "/2015-03-31/event-source-mappings/{}", "DeleteEventSourceMapping",
       &S::delete_mapping, false},
  };
  return all;
}

std::string Lambda::State::changed_by(const Action& action, const Call& call) const {
  if (action.method == "GET" || action.name == "InvokeFunction") return {};
  const bool creates = action.name == "CreateFunction";
  if (!creates && !action.about_function) return "mappings";
  const auto named = read_name(
      call, creates ? text_field(call.input, "FunctionName").value_or("") : call.names.at(0),
      creates);
  return named ? "function " + named->name : std::string();
}

Outcome<FunctionName> Lambda::State::read_name(const Call& call, std::string_view text,
                                               bool making) const {
  std::optional<std::string> asked;
  if (const auto given = call.request.parameter("Qualifier"); given && !given->empty())
    asked = std::string(*given);
  const auto read = read_function_name(text, asked, making);
  if (!read) return refuse(read.error());
  FunctionName out{read->name, read->qualifier};
  const std::string& region = read->region;
  if (!region.empty() && region != call.caller.region)
    return refuse(
        not_found(fmt::format("Functions from '{}' are not reachable in this region ('{}')", region,
                              call.caller.region)));
  if (asked) {
    if (!out.qualifier.empty() && out.qualifier != *asked)
      return refuse(
          invalid("The derived qualifier from the function name does not match the "
                  "specified qualifier."));
    out.qualifier = *asked;
  }
  return out;
}

Outcome<FunctionRecord> Lambda::State::find(const Call& call, std::string_view text) const {
  const auto named = read_name(call, text);
  if (!named) return refuse(named.error());
  auto record = this->record(named->name);
  if (!record || (!named->qualifier.empty() && named->qualifier != "$LATEST")) {
    std::string arn = function_arn(named->name, call.caller.region, call.caller.account);
    if (!named->qualifier.empty()) arn += ":" + named->qualifier;
    return refuse(function_not_found(arn));
  }
  return std::move(*record);
}

Outcome<FunctionRecord> Lambda::State::find_own(const Call& call) const {
  auto record = find(call);
  if (record && record->fixed)
    return refuse(conflict(fmt::format(
        "The function {} is belfry.yaml's: change it there and start belfry anew", record->name)));
  return record;
}

std::optional<FunctionRecord> Lambda::State::record(const std::string& name) const {
  for (const FunctionRecord& record : options.fixed)
    if (record.name == name) return record;
  const auto stored = parts.store.get(std::string(kFunctionPrefix) + name);
  return stored ? decode_function_record(*stored) : std::optional<FunctionRecord>();
}

std::vector<FunctionRecord> Lambda::State::records() const {
  std::vector<FunctionRecord> out = options.fixed;
  for (const auto& [key, value] : parts.store.list(kFunctionPrefix))
    if (auto record = decode_function_record(value))
      if (std::ranges::none_of(options.fixed,
                               [&](const auto& it) { return it.name == record->name; }))
        out.push_back(std::move(*record));
  std::ranges::sort(out, {}, &FunctionRecord::name);
  return out;
}

std::string Lambda::State::code_folder(const FunctionRecord& record) const {
  return record.fixed ? record.code : options.folder + "/" + record.name + "/" + record.code;
}

functions::LambdaSettings Lambda::State::settings_of(const FunctionRecord& record) const {
  functions::LambdaSettings settings;
  settings.name = record.name;
  settings.arn = function_arn(record.name, record.region, options.account);
  settings.runtime = record.runtime;
  settings.handler = record.handler;
  std::error_code error;
  settings.code = fs::absolute(code_folder(record), error).string();
  settings.timeout = std::chrono::seconds(record.timeout);
  settings.memory = static_cast<uint32_t>(record.memory);
  settings.concurrency =
      static_cast<size_t>(record.reserved_concurrency.value_or(int64_t{kConcurrency}));
  settings.region = record.region;
  if (record.environment)
    settings.environment.assign(record.environment->begin(), record.environment->end());
  // The role's last part is a user of belfry.yaml.
  const size_t slash = record.role.rfind('/');
  if (slash != std::string::npos && options.keys)
    if (auto keys = options.keys(std::string_view(record.role).substr(slash + 1))) {
      settings.access_key = std::move(keys->first);
      settings.secret_key = std::move(keys->second);
    }
  return settings;
}

Result<void> Lambda::State::put(const FunctionRecord& record) {
  return parts.host.put(settings_of(record));
}

std::optional<Fault> Lambda::State::commit_fault(const queue::Committed& committed) {
  if (committed.status == queue::CommitStatus::durable) return {};
  return Fault{"ServiceException", {}, "it could not be stored: " + committed.reason, 500, false};
}

Lambda::Lambda(Parts parts, Options options)
    : state_(std::make_shared<State>(parts, std::move(options))) {}

Lambda::~Lambda() = default;

std::vector<std::string> Lambda::prefixes() {
  std::vector<std::string> out;
  for (const auto& action : State::actions())
    if (std::string date(action.pattern.substr(0, 12));  // "/2015-03-31/"
        std::ranges::find(out, date) == out.end())
      out.push_back(std::move(date));
  // Of what belfry does not have at all: so that it says so.
  for (const char* date : {"/2018-10-31/", "/2020-04-22/", "/2021-10-31/", "/2024-08-31/"})
    out.emplace_back(date);
  return out;
}

bool Lambda::takes_code(std::string_view path) {
  return path.starts_with("/2015-03-31/functions");
}

Result<void> Lambda::resume() {
  for (const FunctionRecord& record : state_->records()) {
    if (record.fixed) continue;
    if (auto put = state_->put(record); !put) return put;
    // What an update left behind when belfry died in the middle of it.
    std::error_code ignored;
    const fs::path folder = fs::path(state_->options.folder) / record.name;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("code-") && name != record.code && name != record.code + ".zip")
        fs::remove_all(entry.path(), ignored);
    }
  }
  state_->mappings.resume();
  return {};
}

void Lambda::start() {
  state_->mappings.start();
  state_->events.start();
}

bool Lambda::stop(Duration deadline) {
  std::promise<void> mappings, events;
  state_->mappings.stop(deadline, [&] { mappings.set_value(); });
  state_->events.stop(deadline, [&] { events.set_value(); });
  mappings.get_future().wait();
  events.get_future().wait();
  return state_->mappings.active() + state_->events.active() == 0;
}

void Lambda::set_allowed(Allowed allowed) {
  state_->allowed = std::move(allowed);
}

void Lambda::handle(http::ServerRequest request, const Caller& caller, http::Respond respond) {
  auto call = std::make_shared<Call>();
  call->caller = caller;
  call->respond = std::move(respond);
  const auto path = parts_of(request.path);
  const State::Action* action = nullptr;
  for (const auto& it : State::actions())
    if (it.method == request.method && matches(it.pattern, path, call->names)) {
      action = &it;
      break;
    }
  call->request = std::move(request);
  if (!action || !action->run)
    return call->refuse(
        unsupported(action ? "the action " + std::string(action->name)
                           : fmt::format("{} {}", call->request.method, call->request.path)));
  if (state_->allowed) {
    std::string resource = "*";
    if (action->about_function) {
      const auto named = state_->read_name(*call, call->names[0]);
      if (named) resource = function_arn(named->name, caller.region, caller.account);
    }
    if (const auto fault = state_->allowed(caller, "lambda:" + std::string(action->name), resource))
      return call->refuse(*fault);
  }
  const bool takes_json = action->name != "InvokeFunction" && !call->request.body.empty();
  if (takes_json) {
    boost::system::error_code error;
    json::parse_options limits;
    limits.max_depth = kJsonDepth;
    auto parsed = json::parse(call->request.body, error, {}, limits);
    if (error || !parsed.is_object())
      return call->refuse({"SerializationException", {}, "the body is no JSON object", 400});
    call->input = std::move(parsed.get_object());
    call->request.body.clear();
  }
  // Unpacking code takes a moment, and the endpoint's thread serves the queues, too.
  auto work = [state = state_, run = action->run, call] { ((*state).*run)(call); };
  const std::string changed = state_->changed_by(*action, *call);
  if (changed.empty()) return state_->parts.executor.post(std::move(work));
  state_->turns.take(changed, [call, &executor = state_->parts.executor,
                               work = std::move(work)](Turns::Turn turn) mutable {
    call->turn = std::move(turn);
    executor.post(std::move(work));
  });
}

void Lambda::invoke_later(const std::string& function, std::string event,
                          Callback<Result<void>> then) {
  state_->events.add(function, std::move(event), state_->parts.random.uuid(), std::move(then));
}

}  // namespace belfry::aws::lambda

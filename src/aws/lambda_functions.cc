// CreateFunction and what changes, shows and ends functions.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "aws/json_fields.h"
#include "aws/lambda_state.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"
#include "functions/code_archive.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr char kOtherRevision[] =
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
    "API to retrieve the latest Revision Id";
constexpr size_t kPage = 50;  // functions in a listing
constexpr size_t kLargestZip = 50 << 20;
constexpr size_t kMostEnvironment = 4096;  // bytes of names and values

// What AWS has; belfry runs those of functions::language_of().
constexpr std::string_view kRuntimes =
    "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, "
    "java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, "
    "java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]";

// What AWS once had; it says so rather than that it does not know them.
constexpr std::string_view kRetired[] = {
    "nodejs",        "nodejs4.3",     "nodejs4.3-edge", "nodejs6.10",    "nodejs8.10", "nodejs10.x",
    "nodejs12.x",    "nodejs14.x",    "java8",          "python2.7",     "python3.6",  "python3.7",
    "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1",  "dotnetcore3.1", "dotnet5.0",  "go1.x",
    "ruby2.5",       "ruby2.7",       "provided"};

bool is_role(std::string_view text) {
  // arn:aws:iam::000000000000:role/name
  if (!text.starts_with("arn:aws")) return false;
  const size_t at = text.find(":iam::");
  return at != text.npos && text.size() > at + 6 + 12 + 6 && text.substr(at + 18, 6) == ":role/" &&
         text.substr(at + 6, 12).find_first_not_of("0123456789") == text.npos;
}

Outcome<void> read_runtime(const json::object& input, FunctionRecord& record) {
  const auto runtime = text_field(input, "Runtime");
  if (!runtime) return {};
  if (std::ranges::find(kRetired, *runtime) != std::end(kRetired))
    return refuse(invalid(fmt::format(
        "The runtime parameter of {} is no longer supported for creating or updating AWS Lambda "
        "functions. We recommend you use a supported runtime while creating or updating functions.",
        *runtime)));
  const bool known = std::string(kRuntimes).find(" " + *runtime + ",") != std::string::npos ||
                     kRuntimes.starts_with("[" + *runtime + ",") ||
                     kRuntimes.ends_with(" " + *runtime + "]");
  if (!known)
    return refuse(invalid(
        fmt::format("Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
                    "value set: {} or be a valid ARN",
                    *runtime, kRuntimes)));
  if (!functions::language_of(*runtime))
    return refuse(unsupported("the runtime " + *runtime + " (nodejs, python and provided are)"));
  record.runtime = *runtime;
  return {};
}

Outcome<void> read_number(const json::object& input, std::string_view name, std::string_view where,
                          int64_t least, int64_t most, int64_t& into) {
  const auto value = number_field(input, name);
  if (!value) return {};
  if (*value < least)
    return refuse(
        constraint(std::to_string(*value), where,
                   fmt::format("Member must have value greater than or equal to {}", least)));
  if (*value > most)
    return refuse(constraint(std::to_string(*value), where,
                             fmt::format("Member must have value less than or equal to {}", most)));
  into = *value;
  return {};
}

// Kept and shown: a function's log is its text.
Outcome<void> read_logging(const json::object& input, FunctionRecord& record) {
  const auto* given = input.if_contains("LoggingConfig");
  if (!given || !given->is_object()) return {};
  const json::object& it = given->get_object();
  Logging& logging = record.logging;
  if (auto format = text_field(it, "LogFormat")) {
    if (*format != "JSON" && *format != "Text")
      return refuse(constraint(*format, "loggingConfig.logFormat",
                               "Member must satisfy enum value set: [JSON, Text]"));
    logging.json = *format == "JSON";
  }
  if (auto group = text_field(it, "LogGroup")) logging.group = *group;
  if (!logging.json) {
    logging.application_level = logging.system_level = "INFO";
    if (it.contains("ApplicationLogLevel") || it.contains("SystemLogLevel"))
      return refuse(
          invalid("Log level can only be set when the log format is JSON: give LogFormat, too"));
    return {};
  }
  if (auto level = text_field(it, "ApplicationLogLevel")) logging.application_level = *level;
  if (auto level = text_field(it, "SystemLogLevel")) logging.system_level = *level;
  return {};
}

Outcome<void> read_environment(const json::object& input, FunctionRecord& record) {
  const auto* given = input.if_contains("Environment");
  if (!given || !given->is_object()) return {};
  std::map<std::string, std::string> variables;
  size_t bytes = 0;
  const auto* list = given->get_object().if_contains("Variables");
  if (list && list->is_object())
    for (const auto& [name, value] : list->get_object()) {
      if (!value.is_string()) continue;
      variables[std::string(name)] = std::string(value.get_string());
      bytes += name.size() + value.get_string().size();
    }
  for (const auto& [name, value] : variables)
    if (name.empty() || name.find('=') != name.npos || name.find('\0') != name.npos ||
        value.find('\0') != value.npos)
      return refuse(
          invalid(fmt::format("Lambda was unable to configure your environment variables "
                              "because '{}' is no name of a variable",
                              name)));
  if (bytes > kMostEnvironment)
    return refuse(
        invalid("Lambda was unable to configure your environment variables because the "
                "environment variables you have provided exceeded the 4KB limit."));
  record.environment = std::move(variables);
  return {};
}

}  // namespace

Outcome<void> Lambda::State::read_settings(const json::object& input,
                                           FunctionRecord& record) const {
  if (auto good = read_runtime(input, record); !good) return good;
  if (const auto role = text_field(input, "Role")) {
    if (!is_role(*role))
      return refuse(constraint(*role, "role",
                               "Member must satisfy regular expression pattern: "
                               "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"));
    record.role = *role;
  }
  if (auto it = text_field(input, "Handler")) record.handler = *it;
  if (auto it = text_field(input, "Description")) record.description = *it;
  if (auto good = read_number(input, "Timeout", "timeout", 1, 900, record.timeout); !good)
    return good;
  if (auto good = read_number(input, "MemorySize", "memorySize", 128, 10240, record.memory); !good)
    return good;
  if (const auto* storage = input.if_contains("EphemeralStorage"); storage && storage->is_object())
    if (auto good = read_number(storage->get_object(), "Size", "ephemeralStorage.size", 512, 10240,
                                record.ephemeral_storage);
        !good)
      return good;
  if (auto list = texts_field(input, "Architectures"); !list.empty())
    record.architectures = std::move(list);
  if (const auto* it = input.if_contains("TracingConfig"); it && it->is_object())
    if (auto mode = text_field(it->get_object(), "Mode")) record.tracing = *mode;
  if (const auto* it = input.if_contains("DeadLetterConfig"); it && it->is_object()) {
    const std::string target = text_field(it->get_object(), "TargetArn").value_or("");
    if (!target.empty() && target.find(":sqs:") == target.npos)
      return refuse(unsupported("dead letters to anything but a queue"));
    record.dead_letter_arn = target;
  }
  if (auto good = read_logging(input, record); !good) return good;
  for (const char* part :
       {"Layers", "VpcConfig", "FileSystemConfigs", "ImageConfig", "SnapStart"}) {
    const auto* given = input.if_contains(part);
    const bool empty =
        !given || given->is_null() || (given->is_array() && given->get_array().empty()) ||
        (given->is_object() && given->get_object().empty()) ||
        (given->is_object() && text_field(given->get_object(), "ApplyOn") == "None") ||
        (given->is_object() && given->get_object().contains("SubnetIds") &&
         texts_field(given->get_object(), "SubnetIds").empty());
    if (!empty) return refuse(unsupported(part));
  }
  return read_environment(input, record);
}

Outcome<void> Lambda::State::take_code(const json::object& code, FunctionRecord& record) const {
  if (code.contains("S3Bucket")) return refuse(unsupported("code in S3: send it as ZipFile"));
  if (code.contains("ImageUri")) return refuse(unsupported("code in images: send it as ZipFile"));
  const auto text = text_field(code, "ZipFile");
  if (!text || text->empty())
    return refuse(invalid("Please specify either ImageUri or ZipFile or S3 source."));
  const auto zip = unbase64(*text);
  if (!zip)
    return refuse(
        invalid("Could not unzip uploaded file. Please check your file, then try "
                "to upload again."));
  if (zip->size() > kLargestZip)
    return refuse({"RequestTooLargeException",
                   {},
                   fmt::format("Request must be smaller than {} bytes for the CreateFunction "
                               "operation",
                               kLargestRequest),
                   413});
  const Hash256 sum = sha256(*zip);
  FunctionRecord fresh = record;
  fresh.code = "code-" + parts.random.uuid();
  fresh.code_sha256 = base64(view(sum));
  fresh.code_size = static_cast<int64_t>(zip->size());
  const std::string folder = code_folder(fresh);
  if (auto done = functions::unpack_code(*zip, folder); !done) {
    using Kind = functions::UnpackError::Kind;
    switch (done.error().kind) {
      case Kind::empty:
        return refuse(invalid("Uploaded file must be a non-empty zip"));
      case Kind::too_large:
        return refuse(invalid(
            fmt::format("Unzipped size must be smaller than {} bytes", functions::kLargestCode)));
      case Kind::disk:
        return refuse({"ServiceException", {}, done.error().message, 500, false});
      case Kind::not_a_zip:
      case Kind::unsafe:
        log::warn("the code of a function was refused",
                  {{"function", record.name}, {"reason", done.error().message}});
        return refuse(
            invalid("Could not unzip uploaded file. Please check your file, then try to "
                    "upload again."));
    }
  }
  if (auto kept = replace_whole(parts.files, folder + ".zip", *zip); !kept)
    return refuse({"ServiceException", {}, kept.error().message, 500, false});
  record = std::move(fresh);
  return {};
}

void Lambda::State::store(FunctionRecord record, CallPtr call,
                          Callback<const FunctionRecord&> then) {
  record.revision = parts.random.uuid();
  record.last_modified = lambda_time(parts.clock.now());
  queue::Batch batch;
  batch.put(std::string(kFunctionPrefix) + record.name, encode(record));
  parts.store.commit(
      std::move(batch), [self = shared_from_this(), record = std::move(record), call,
                         then = std::move(then)](queue::Committed committed) mutable {
        if (const auto fault = commit_fault(committed)) return call->refuse(*fault);
        if (auto put = self->put(record); !put)
          return call->refuse({"ServiceException", {}, put.error().message, 500, false});
        then(record);
      });
}

void Lambda::State::create_function(CallPtr call) {
  FunctionRecord record;
  const std::string given = text_field(call->input, "FunctionName").value_or("");
  auto named = read_name(*call, given, true);
  if (!named) return call->refuse(named.error());
  record.name = named->name;
  if (!named->qualifier.empty())
    return call->refuse(constraint(given, "functionName",
                                   "Member must satisfy regular expression pattern: "
                                   "[a-zA-Z0-9-_]+"));
  if (this->record(record.name))
    return call->refuse(conflict("Function already exist: " + record.name));
  if (text_field(call->input, "PackageType").value_or("Zip") != "Zip")
    return call->refuse(unsupported("functions of images"));
  if (flag_field(call->input, "Publish")) return call->refuse(unsupported("versions (Publish)"));
  if (!call->input.contains("Role"))
    return call->refuse(constraint("null", "role", "Member must not be null"));
  for (const char* needed : {"Runtime", "Handler"})
    if (!call->input.contains(needed))
      return call->refuse(
          invalid("Runtime and Handler are mandatory parameters for functions created with "
                  "deployment packages."));
  if (auto good = read_settings(call->input, record); !good) return call->refuse(good.error());
  if (const auto* tags = call->input.if_contains("Tags"); tags && tags->is_object())
    for (const auto& [name, value] : tags->get_object())
      if (value.is_string()) record.tags[std::string(name)] = std::string(value.get_string());
  record.region = call->caller.region;
  const auto* code = call->input.if_contains("Code");
  if (auto taken =
          take_code(code && code->is_object() ? code->get_object() : json::object(), record);
      !taken)
    return call->refuse(taken.error());
  store(std::move(record), call, [self = shared_from_this(), call](const FunctionRecord& made) {
    self->mappings.function_changed(made.name);
    call->answer(configuration_json(made, call->caller, Phase::creating), 201);
  });
}

void Lambda::State::get_function(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  json::object out;
  out["Configuration"] = configuration_json(*record, call->caller, Phase::settled);
  out["Code"] = {{"RepositoryType", "S3"},
                 {"Location", fmt::format("{}/2015-03-31/functions/{}/code.zip",
                                          call->caller.endpoint, record->name)}};
  if (!record->tags.empty()) out["Tags"] = json::value_from(record->tags);
  if (record->reserved_concurrency)
    out["Concurrency"] = {{"ReservedConcurrentExecutions", *record->reserved_concurrency}};
  call->answer(out);
}

void Lambda::State::get_code(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  auto zip = record->fixed ? functions::pack_code(record->code)
                           : read_whole(parts.files, code_folder(*record) + ".zip");
  if (!zip) return call->refuse(not_found(zip.error().message));
  call->respond({200, {{"Content-Type", "application/zip"}}, std::move(*zip), {}});
}

void Lambda::State::get_configuration(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  call->answer(configuration_json(*record, call->caller, Phase::settled));
}

void Lambda::State::list_functions(CallPtr call) {
  const auto marker = call->request.parameter("Marker");
  size_t most = kPage;
  if (const auto given = call->request.parameter("MaxItems"))
    most = static_cast<size_t>(std::clamp(std::atoi(std::string(*given).c_str()), 1, int{kPage}));
  json::object out;
  json::array list;
  for (const FunctionRecord& record : records()) {  // by name
    if (marker && record.name <= *marker) continue;
    if (list.size() == most) {
      out["NextMarker"] = list.back().as_object().at("FunctionName");
      break;
    }
    list.push_back(configuration_json(record, call->caller, Phase::settled));
  }
  out["Functions"] = std::move(list);
  call->answer(out);
}

void Lambda::State::list_versions(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  json::object latest = configuration_json(*record, call->caller, Phase::settled);
  latest["FunctionArn"] = arn(*record, call->caller) + ":$LATEST";
  call->answer({{"Versions", json::array{std::move(latest)}}});
}

void Lambda::State::list_aliases(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  call->answer({{"Aliases", json::array()}});
}

void Lambda::State::code_signing(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  call->answer({{"FunctionName", record->name}});
}

void Lambda::State::runtime_management(CallPtr call) {
  const auto record = find(*call);
  if (!record) return call->refuse(record.error());
  call->answer({{"UpdateRuntimeOn", "Auto"}, {"FunctionArn", arn(*record, call->caller)}});
}

void Lambda::State::account_settings(CallPtr call) {
  int64_t bytes = 0;
  const auto all = records();
  for (const auto& record : all) bytes += record.code_size;
  call->answer({{"AccountLimit",
                 {{"TotalCodeSize", int64_t{80'530'636'800}},
                  {"CodeSizeUnzipped", functions::kLargestCode},
                  {"CodeSizeZipped", kLargestZip},
                  {"ConcurrentExecutions", 1000},
                  {"UnreservedConcurrentExecutions", 1000}}},
                {"AccountUsage", {{"TotalCodeSize", bytes}, {"FunctionCount", all.size()}}}});
}

void Lambda::State::update_code(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  if (const auto revision = text_field(call->input, "RevisionId");
      revision && *revision != record->revision)
    return call->refuse({"PreconditionFailedException", {}, kOtherRevision, 412});
  if (flag_field(call->input, "Publish")) return call->refuse(unsupported("versions (Publish)"));
  const std::string before = code_folder(*record);
  if (auto taken = take_code(call->input, *record); !taken) return call->refuse(taken.error());
  if (flag_field(call->input, "DryRun")) {
    std::error_code ignored;
    fs::remove_all(code_folder(*record), ignored);
    fs::remove(code_folder(*record) + ".zip", ignored);
    return call->answer(configuration_json(*record, call->caller, Phase::settled));
  }
  store(std::move(*record), call, [call, before](const FunctionRecord& made) {
    // What runs of it has it open or loaded; it ends with its event.
    std::error_code ignored;
    fs::remove_all(before, ignored);
    fs::remove(before + ".zip", ignored);
    call->answer(configuration_json(made, call->caller, Phase::updating));
  });
}

void Lambda::State::update_configuration(CallPtr call) {
  auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  if (const auto revision = text_field(call->input, "RevisionId");
      revision && *revision != record->revision)
    return call->refuse({"PreconditionFailedException", {}, kOtherRevision, 412});
  if (auto good = read_settings(call->input, *record); !good) return call->refuse(good.error());
  store(std::move(*record), call, [self = shared_from_this(), call](const FunctionRecord& made) {
    self->mappings.function_changed(made.name);
    call->answer(configuration_json(made, call->caller, Phase::updating));
  });
}

void Lambda::State::delete_function(CallPtr call) {
  const auto named = read_name(*call, call->names[0]);
  if (!named) return call->refuse(named.error());
  if (named->qualifier == "$LATEST")
    return call->refuse(
        invalid("$LATEST version cannot be deleted without deleting the function."));
  const bool version = !named->qualifier.empty() &&
                       named->qualifier.find_first_not_of("0123456789") == std::string::npos;
  if (version && this->record(named->name)) return call->nothing();  // it is not there already
  const auto record = find_own(*call);
  if (!record) return call->refuse(record.error());
  queue::Batch batch;
  batch.erase(std::string(kFunctionPrefix) + record->name);
  parts.store.commit(std::move(batch), [self = shared_from_this(), call,
                                        record = *record](queue::Committed committed) {
    if (const auto fault = commit_fault(committed)) return call->refuse(*fault);
    self->parts.host.remove(record.name);
    self->mappings.function_changed(record.name);
    std::error_code ignored;
    fs::remove_all(self->code_folder(record), ignored);
    fs::remove(self->code_folder(record) + ".zip", ignored);
    call->nothing();
  });
}

}  // namespace belfry::aws::lambda

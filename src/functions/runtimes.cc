#include "functions/runtimes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "functions/clients.h"

namespace belfry::functions {
namespace {

// Beyond the memory limit, which is watched (execution_environment.h): a stop for what grows faster
// than one can watch.
constexpr uint64_t kHardLimitBeyond = uint64_t{1} << 30;

constexpr std::string_view kNodeClient = "client.mjs", kPythonClient = "client.py",
                           kPreload = "sdk2.cjs";

std::string path_of(const std::string& folder, std::string_view name) {
  return folder + "/" + std::string(name);
}

std::string search_path() {
  const char* path = std::getenv("PATH");
  return path && *path ? path : "/usr/local/bin:/usr/bin:/bin";
}

Result<std::string> need_program(std::string_view name, std::string_view what) {
  std::string found = find_program(name);
  if (found.empty())
    return fail(
        fmt::format("there is no {} on PATH, which runtime {} needs: install it", name, what));
  return found;
}

void add_sdk_preload(Command& command, const LambdaSettings& settings,
                     const RuntimeFolders& folders) {
  std::string options =
      fmt::format("NODE_OPTIONS=--require {}", path_of(folders.runtimes, kPreload));
  for (const auto& [name, value] : settings.environment)
    if (name == "NODE_OPTIONS") options += " " + value;
  std::erase_if(command.environment,
                [](const std::string& it) { return it.starts_with("NODE_OPTIONS="); });
  command.environment.push_back(std::move(options));
}

Result<void> node(FileSystem& files, const LambdaSettings& settings, const RuntimeFolders& folders,
                  const EnvironmentPlace& place, Command& command) {
  auto program = need_program("node", settings.runtime);
  if (!program) return tl::unexpected(program.error());
  const std::string installed = folders.runtimes + "/nodejs/node_modules";
  std::string client = path_of(folders.runtimes, kNodeClient);
  for (const std::string& modules : {settings.code + "/node_modules", installed})
    if (const std::string ric = modules + "/aws-lambda-ric/bin/index.mjs"; files.exists(ric)) {
      client = ric;
      break;
    }
  // Room for what is not V8's old space, as Lambda leaves it.
  command.arguments = {*program, fmt::format("--max-old-space-size={}", settings.memory * 9 / 10),
                       std::move(client), settings.handler};
  command.environment.push_back("NODE_PATH=" + installed);
  if (!place.endpoint.empty()) add_sdk_preload(command, settings, folders);
  return {};
}

Result<void> python(FileSystem& files, const LambdaSettings& settings,
                    const RuntimeFolders& folders, Command& command) {
  auto program = need_program("python3", settings.runtime);
  if (!program) return tl::unexpected(program.error());
  const std::string installed = folders.runtimes + "/python";
  bool official = false;
  for (const std::string& packages : {settings.code, installed})
    official = official || files.exists(packages + "/awslambdaric/__main__.py");
  command.arguments = {*program};
  if (official)
    command.arguments.insert(command.arguments.end(), {"-m", "awslambdaric"});
  else
    command.arguments.push_back(path_of(folders.runtimes, kPythonClient));
  command.arguments.push_back(settings.handler);
  std::string path = "PYTHONPATH=" + settings.code + ":" + installed;
  for (const auto& [name, value] : settings.environment)
    if (name == "PYTHONPATH") path += ":" + value;
  std::erase_if(command.environment,
                [](const std::string& it) { return it.starts_with("PYTHONPATH="); });
  command.environment.push_back(std::move(path));
  command.environment.push_back("PYTHONUNBUFFERED=1");
  return {};
}

Result<void> custom(FileSystem& files, const LambdaSettings& settings, Command& command) {
  std::string program = settings.code + "/bootstrap";
  if (!files.exists(program))
    return fail(fmt::format("there is no file bootstrap in {}, which runtime {} runs",
                            settings.code, settings.runtime));
  if (::access(program.c_str(), X_OK) != 0)
    return fail(fmt::format("{} is not executable: chmod +x it", program));
  command.arguments = {std::move(program)};
  return {};
}

// Names that belong to Lambda; a function's settings cannot set them.
void add_own_variables(const LambdaSettings& settings, const RuntimeFolders& folders,
                       const EnvironmentPlace& place, Command& command) {
  const auto set = [&](std::string_view name, std::string_view value) {
    std::erase_if(command.environment, [&](const std::string& it) {
      return it.size() > name.size() && it.starts_with(name) && it[name.size()] == '=';
    });
    command.environment.push_back(fmt::format("{}={}", name, value));
  };
  set("_HANDLER", settings.handler);
  set("AWS_DEFAULT_REGION", place.region);
  set("AWS_REGION", place.region);
  set("AWS_EXECUTION_ENV", "AWS_Lambda_" + settings.runtime);
  set("AWS_LAMBDA_FUNCTION_NAME", settings.name);
  set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(settings.memory));
  set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
  set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
  set("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + settings.name);
  set("AWS_LAMBDA_LOG_STREAM_NAME", place.log_stream);
  set("AWS_LAMBDA_RUNTIME_API", place.runtime_api);
  set("AWS_ACCESS_KEY_ID", settings.access_key);
  set("AWS_SECRET_ACCESS_KEY", settings.secret_key);
  set("LAMBDA_TASK_ROOT", settings.code);
  set("LAMBDA_RUNTIME_DIR", folders.runtimes);
}

}  // namespace

Result<void> write_clients(FileSystem& files, const RuntimeFolders& folders) {
  for (const std::string& folder : {folders.runtimes, folders.scratch})
    if (auto made = files.make_folders(folder); !made) return made;
  for (const auto& [name, text] :
       {std::pair{kNodeClient, node_client()}, std::pair{kPythonClient, python_client()},
        std::pair{kPreload, sdk2_preload()}})
    if (auto written = replace_whole(files, path_of(folders.runtimes, name), text); !written)
      return written;
  return {};
}

std::string find_program(std::string_view name) {
  const std::string path = search_path();
  for (size_t from = 0; from <= path.size();) {
    const size_t to = std::min(path.find(':', from), path.size());
    if (std::string candidate = path.substr(from, to - from) + "/" + std::string(name);
        to > from && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    from = to + 1;
  }
  return {};
}

Result<Command> command_for(FileSystem& files, const LambdaSettings& settings,
                            const RuntimeFolders& folders, const EnvironmentPlace& place) {
  const auto language = language_of(settings.runtime);
  if (!language)
    return fail(
        fmt::format("there is no runtime '{}': nodejs, python and provided are", settings.runtime));
  Command command;
  command.folder = settings.code;
  command.data_limit = (uint64_t{settings.memory} << 20) + kHardLimitBeyond;
  command.environment = {"PATH=" + search_path(), "LANG=C.UTF-8", "TZ=:UTC",
                         "HOME=" + folders.scratch, "TMPDIR=" + folders.scratch};
  if (!place.endpoint.empty()) {
    command.environment.push_back("AWS_ENDPOINT_URL=" + place.endpoint);
    command.environment.push_back("AWS_EC2_METADATA_DISABLED=true");
  }
  for (const auto& [name, value] : settings.environment) {
    std::erase_if(command.environment,
                  [&, &name = name](const std::string& it) { return it.starts_with(name + "="); });
    command.environment.push_back(fmt::format("{}={}", name, value));
  }
  add_own_variables(settings, folders, place, command);
  Result<void> built;
  switch (*language) {
    case Language::nodejs:
      built = node(files, settings, folders, place, command);
      break;
    case Language::python:
      built = python(files, settings, folders, command);
      break;
    case Language::custom:
      built = custom(files, settings, command);
      break;
  }
  if (!built) return tl::unexpected(built.error());
  return command;
}

}  // namespace belfry::functions

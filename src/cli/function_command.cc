#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "base/bytes.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "functions/code_archive.h"
#include "functions/runtimes.h"
#include "http/url.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

constexpr Duration kLongestCall = std::chrono::seconds(960);
constexpr uint64_t kLargestEvent = 6 << 20;

struct Options {
  ApiOptions api;
  Output output = Output::automatic;
  std::string name, event, file, code, runtime, handler, role, description;
  std::vector<std::string> environment;
  int64_t timeout = 0, memory = 0;
  uint64_t lines = 50;
  bool follow = false, later = false, log = false;
};

std::string path_of(const Options& options, std::string_view more = {}) {
  return "/api/v1/functions/" + http::percent_encode(options.name) + std::string(more);
}

int list_functions(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.get("/api/v1/functions");
  if (!answer.error.empty()) return program.failed(answer.error);
  const json::array& functions = list_at(answer.body, "functions");
  if (print_structured(program.out, options.output, functions)) return kDone;
  Table table{{"function", "runtime", "handler", "running", "waiting", "done", "failed"},
              {},
              "no functions with code"};
  for (const auto& it : functions)
    table.rows.push_back(
        {text_at(it, "name"), text_at(it, "runtime"), text_at(it, "handler"),
         std::to_string(number_at(it, "environments")), std::to_string(number_at(it, "waiting")),
         std::to_string(number_at(it, "done")), std::to_string(number_at(it, "errors"))});
  print_table(program.out, table);
  return kDone;
}

int show(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.get(path_of(options));
  if (!answer.error.empty()) return program.failed(answer.error);
  if (print_structured(program.out, options.output, answer.body)) return kDone;
  Table table{{"", ""}, {}, {}};
  for (const auto& [key, value] : answer.body.as_object())
    table.rows.push_back(
        {std::string(key), program.out.safe(value.is_string() ? std::string(value.get_string())
                                                              : json::serialize(value))});
  print_table(program.out, table);
  return kDone;
}

// --event, --file, or what is piped in; else nothing.
Result<std::string> event_of(const Options& options) {
  if (!options.event.empty()) return options.event;
  if (!options.file.empty() && options.file != "-")
    return read_whole(posix_files(), options.file, kLargestEvent);
  if (options.file.empty() && ::isatty(STDIN_FILENO)) return std::string("{}");
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  return text.empty() ? "{}" : text;
}

// Line by line: what a function prints must not steer the terminal.
void print_lines(const Terminal& terminal, std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    terminal.line(terminal.safe(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

int invoke(const Program& program, const Options& options) {
  const auto text = event_of(options);
  if (!text) return program.failed(text.error().message);
  boost::system::error_code error;
  const json::value event = json::parse(*text, error);
  if (error) return program.failed("the event is no JSON: " + error.message());
  ApiClient api(options.api);
  const auto answer =
      api.post(path_of(options, options.later ? "/invoke?later" : "/invoke"), event, kLongestCall);
  if (!answer.error.empty()) return program.failed(answer.error);
  if (print_structured(program.out, options.output, answer.body)) return kDone;
  if (options.later) {
    program.out.line("stored");
    return kDone;
  }
  if (options.log) print_lines(program.err, text_at(answer.body, "log"));
  program.out.line(program.out.safe(text_at(answer.body, "result")));
  const auto* failed = answer.body.as_object().if_contains("failed");
  return failed && failed->is_bool() && failed->get_bool() ? kFailed : kDone;
}

int logs(const Program& program, const Options& options) {
  ApiClient api(options.api);
  auto answer = api.get(path_of(options, fmt::format("/log?lines={}", options.lines)));
  while (answer.error.empty()) {
    print_lines(program.out, text_at(answer.body, "text"));
    std::fflush(stdout);
    if (!options.follow) return kDone;
    answer = api.get(
        path_of(options, fmt::format("/log?from={}&wait=20", number_at(answer.body, "next"))),
        std::chrono::seconds(40));
  }
  return program.failed(answer.error);
}

// A folder is packed; a zip file goes as it is.
Result<std::string> code_of(const Options& options) {
  std::error_code error;
  if (std::filesystem::is_directory(options.code, error)) return functions::pack_code(options.code);
  return read_whole(posix_files(), options.code);
}

Result<json::object> settings_of(const Options& options) {
  json::object out;
  if (!options.runtime.empty()) out["Runtime"] = options.runtime;
  if (!options.handler.empty()) out["Handler"] = options.handler;
  if (!options.description.empty()) out["Description"] = options.description;
  if (!options.role.empty())
    out["Role"] = options.role.starts_with("arn:")
                      ? options.role
                      : "arn:aws:iam::000000000000:role/" + options.role;
  if (options.timeout > 0) out["Timeout"] = options.timeout;
  if (options.memory > 0) out["MemorySize"] = options.memory;
  if (!options.environment.empty()) {
    json::object variables;
    for (const std::string& it : options.environment) {
      const size_t equals = it.find('=');
      if (equals == it.npos || equals == 0) return fail(fmt::format("'{}' is no NAME=VALUE", it));
      variables[it.substr(0, equals)] = it.substr(equals + 1);
    }
    out["Environment"] = {{"Variables", std::move(variables)}};
  }
  return out;
}

int create(const Program& program, const Options& options) {
  auto input = settings_of(options);
  if (!input) return program.failed(input.error().message);
  const auto zip = code_of(options);
  if (!zip) return program.failed(zip.error().message);
  (*input)["FunctionName"] = options.name;
  input->emplace("Role", "arn:aws:iam::000000000000:role/belfry");
  (*input)["Code"] = {{"ZipFile", base64(*zip)}};
  ApiClient api(options.api);
  const auto answer = api.post("/api/v1/functions", *input, kLongestCall);
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(fmt::format("function {} is there", options.name));
  return kDone;
}

int update(const Program& program, const Options& options) {
  auto input = settings_of(options);
  if (!input) return program.failed(input.error().message);
  if (input->empty() && options.code.empty())
    return program.misused("nothing to change: give --code, --handler or another setting");
  ApiClient api(options.api);
  if (!options.code.empty()) {
    const auto zip = code_of(options);
    if (!zip) return program.failed(zip.error().message);
    const auto answer =
        api.post(path_of(options, "/code"), json::object{{"ZipFile", base64(*zip)}}, kLongestCall);
    if (!answer.error.empty()) return program.failed(answer.error);
  }
  if (!input->empty()) {
    const auto answer = api.post(path_of(options, "/configuration"), *input);
    if (!answer.error.empty()) return program.failed(answer.error);
  }
  program.out.line(fmt::format("function {} is changed", options.name));
  return kDone;
}

int remove(const Program& program, const Options& options) {
  ApiClient api(options.api);
  const auto answer = api.post(path_of(options, "/delete"), json::object());
  if (!answer.error.empty()) return program.failed(answer.error);
  program.out.line(fmt::format("function {} is gone", options.name));
  return kDone;
}

// Runs a program in sight of the user; its exit code.
int run_program(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& it : arguments) pointers.push_back(it.data());
  pointers.push_back(nullptr);
  pid_t process = 0;
  if (::posix_spawn(&process, arguments[0].c_str(), nullptr, nullptr, pointers.data(), environ) !=
      0)
    return -1;
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The official client of the Runtime API, beside the data, where functions find it.
int install(const Program& program, const Options& options) {
  const std::string folder = std::filesystem::absolute(data_folder_of(options.api)).string() +
                             "/functions/.runtimes/" + options.runtime;
  const bool node = options.runtime == "nodejs";
  const std::string tool = functions::find_program(node ? "npm" : "pip3");
  if (tool.empty())
    return program.failed(fmt::format("there is no {} on PATH", node ? "npm" : "pip3"));
  if (auto made = posix_files().make_folders(folder); !made)
    return program.failed(made.error().message);
  const int code =
      node ? run_program(
                 {tool, "install", "--prefix", folder, "--no-audit", "--no-fund", "aws-lambda-ric"})
           : run_program({tool, "install", "--upgrade", "--target", folder, "awslambdaric"});
  if (code != 0)
    return program.failed(fmt::format(
        "{} failed with {}{}", tool, code,
        node ? "; aws-lambda-ric is built on installation and needs g++, make, cmake, autoconf, "
               "automake and libtool"
             : ""));
  program.out.line(
      fmt::format("installed into {}: functions that start from now on use it", folder));
  return kDone;
}

}  // namespace

void add_function(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* function = program.command(
      "function", "call functions with code, read their logs, make and change them",
      "  belfry function list\n"
      "  belfry function invoke announce --event '{\"Records\": []}' --log\n"
      "  belfry function logs announce --follow\n"
      "  belfry function create resize --code ./resize --runtime nodejs20.x --handler "
      "index.handler\n"
      "  belfry function update resize --code ./resize\n"
      "  belfry function runtime install nodejs      the official aws-lambda-ric, by npm\n");
  function->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description,
                       int (*run)(const Program&, const Options&)) {
    CLI::App* command = program.step(function, name, description, options, run);
    if (name != "list")
      command->add_option("FUNCTION", options->name, "its name")->required()->type_name("");
    add_api_options(command, options->api);
    return command;
  };
  add_output_option(add("list", "list functions with code", list_functions), options->output);
  add_output_option(add("show", "all about one", show), options->output);
  CLI::App* invoking = add("invoke", "call one with an event and print its result", invoke);
  invoking->add_option("-e,--event", options->event, "the event, as JSON")->type_name("JSON");
  invoking->add_option("-f,--file", options->file, "a file with the event; - is standard input")
      ->type_name("FILE");
  invoking->add_flag("--later", options->later, "only store the event; it is handled in its time");
  invoking->add_flag("-l,--log", options->log, "print what the call logged, too");
  add_output_option(invoking, options->output);
  CLI::App* reading = add("logs", "print what one has logged", logs);
  reading->add_option("-n,--lines", options->lines, "how many lines at first")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000).description(""));
  reading->add_flag("-f,--follow", options->follow, "and what it logs from now on");
  const auto add_settings = [&](CLI::App* command) {
    command->add_option("--code", options->code, "its folder, or a zip file of it")
        ->type_name("FOLDER");
    command->add_option("--runtime", options->runtime, "nodejs20.x, python3.12, provided.al2023 …")
        ->type_name("NAME");
    command->add_option("--handler", options->handler, "such as index.handler")->type_name("NAME");
    command->add_option("--timeout", options->timeout, "in seconds, 3 without it")
        ->check(CLI::Range(1, 900).description(""));
    command->add_option("--memory", options->memory, "in MB, 128 without it")
        ->check(CLI::Range(128, 10'240).description(""));
    command->add_option("--env", options->environment, "a variable; may be given again")
        ->type_name("NAME=VALUE");
    command->add_option("--user", options->role, "the user under aws.users whose keys it has")
        ->type_name("NAME");
    command->add_option("--description", options->description, "for people")->type_name("TEXT");
    return command;
  };
  CLI::App* making = add_settings(add("create", "make one of a folder", create));
  for (const char* needed : {"--code", "--runtime", "--handler"})
    making->get_option(needed)->required();
  add_settings(add("update", "change its code or settings", update));
  add("delete", "delete it and its code; its log stays", remove);
  CLI::App* runtime = function->add_subcommand("runtime", "the official runtime clients");
  runtime->require_subcommand(1);
  CLI::App* installing = runtime->add_subcommand(
      "install",
      "install aws-lambda-ric or awslambdaric beside the data; without them, functions "
      "run with belfry's own client");
  installing->add_option("RUNTIME", options->runtime, "nodejs or python")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"nodejs", "python"}).description(""));
  add_api_options(installing, options->api);
  program.on_run(installing, [&program, options] { return install(program, *options); });
}

}  // namespace belfry::cli

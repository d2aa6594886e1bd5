#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/bytes.h"
#include "base/sealed.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/secret_client.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

constexpr uint64_t kMostBytes = 65'536;  // of a value

struct Options {
  ApiOptions api;
  Output output = Output::automatic;
  std::string name, file, value, description, version, stage;
  bool force = false;
  int64_t days = 30;
};

// The value from --value, --file or standard input. One line's end at the end of what was typed or
// piped is not part of it; a file is taken as it is.
Result<std::string> value_of(const Program& program, const Options& options) {
  if (!options.value.empty()) return options.value;
  if (!options.file.empty() && options.file != "-")
    return read_whole(posix_files(), options.file, kMostBytes);
  if (::isatty(STDIN_FILENO))
    program.err.line("the value, then Ctrl-D (it is shown while you type):");
  std::string value(std::istreambuf_iterator<char>(std::cin), {});
  if (value.ends_with('\n')) value.pop_back();
  if (value.size() > kMostBytes)
    return fail(fmt::format("a secret has at most {} bytes", kMostBytes));
  if (value.empty()) return fail("the value on standard input is empty");
  return value;
}

int put(const Program& program, const Options& options) {
  auto value = value_of(program, options);
  if (!value) return program.failed(value.error().message);
  auto client = SecretClient::open(options.api, true);
  if (!client) return program.failed(client.error().message);
  json::object input;
  const bool text = is_utf8(*value);
  input[text ? "SecretString" : "SecretBinary"] = text ? *value : base64(*value);
  wipe(*value);
  if (!options.description.empty()) input["Description"] = options.description;
  input["Name"] = options.name;
  auto answer = (*client)->call("CreateSecret", input);
  const bool made = answer.has_value();
  if (!made && answer.error().message.starts_with("ResourceExistsException")) {
    input.erase("Name");
    input["SecretId"] = options.name;
    answer = (*client)->call("UpdateSecret", input);
  }
  if (!answer) return program.failed(answer.error().message);
  program.out.line(fmt::format("{} {}: version {}", made ? "made" : "changed", options.name,
                               text_at(*answer, "VersionId")));
  return kDone;
}

int with_answer(const Program& program, const Options& options, const std::string& action,
                json::object input, const std::function<void(const json::object&)>& show) {
  auto client = SecretClient::open(options.api, false);
  if (!client) return program.failed(client.error().message);
  auto answer = (*client)->call(action, input);
  if (!answer) return program.failed(answer.error().message);
  show(*answer);
  return kDone;
}

int get(const Program& program, const Options& options) {
  json::object input{{"SecretId", options.name}};
  if (!options.version.empty()) input["VersionId"] = options.version;
  if (!options.stage.empty()) input["VersionStage"] = options.stage;
  return with_answer(program, options, "GetSecretValue", input, [&](const json::object& answer) {
    const bool binary = answer.contains("SecretBinary");
    const std::string given = text_at(answer, binary ? "SecretBinary" : "SecretString");
    std::string value = binary ? unbase64(given).value_or("") : given;
    if (!binary && ::isatty(STDOUT_FILENO)) value += '\n';
    (void)std::fwrite(value.data(), 1, value.size(), stdout);
    std::fflush(stdout);
    wipe(value);
  });
}

std::string date(const json::value& object, std::string_view key) {
  const double seconds = fraction_at(object, key);
  if (seconds == 0) return {};
  return to_rfc3339(WallTime(std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000))))
      .substr(0, 19);
}

int list(const Program& program, const Options& options) {
  auto client = SecretClient::open(options.api, false);
  if (!client) return program.failed(client.error().message);
  json::array secrets;
  json::object input{{"IncludePlannedDeletion", true}, {"SortOrder", "asc"}};
  if (!options.name.empty())
    input["Filters"] =
        json::array{json::object{{"Key", "name"}, {"Values", json::array{options.name}}}};
  while (true) {
    auto answer = (*client)->call("ListSecrets", input);
    if (!answer) return program.failed(answer.error().message);
    for (const auto& it : answer->at("SecretList").as_array()) secrets.push_back(it);
    if (!answer->contains("NextToken")) break;
    input["NextToken"] = answer->at("NextToken");
  }
  if (print_structured(program.out, options.output, secrets)) return kDone;
  Table table{{"secret", "changed", "deleted", "description"}, {}, "no secrets"};
  for (const auto& it : secrets)
    table.rows.push_back({program.out.safe(text_at(it, "Name")), date(it, "LastChangedDate"),
                          date(it, "DeletedDate"), program.out.safe(text_at(it, "Description"))});
  print_table(program.out, table);
  return kDone;
}

int describe(const Program& program, const Options& options) {
  return with_answer(program, options, "DescribeSecret", {{"SecretId", options.name}},
                     [&](const json::object& answer) {
                       if (print_structured(program.out, options.output, answer)) return;
                       Table table{{"", ""}, {}, ""};
                       for (const char* key : {"Name", "ARN", "Description"})
                         if (answer.contains(key))
                           table.rows.push_back({key, program.out.safe(text_at(answer, key))});
                       for (const char* key :
                            {"CreatedDate", "LastChangedDate", "LastAccessedDate", "DeletedDate"})
                         if (answer.contains(key)) table.rows.push_back({key, date(answer, key)});
                       if (const auto* versions = answer.if_contains("VersionIdsToStages"))
                         for (const auto& [version, stages] : versions->as_object()) {
                           std::string names;
                           for (const auto& stage : stages.as_array())
                             names += (names.empty() ? "" : ", ") + std::string(stage.as_string());
                           table.rows.push_back({"version " + std::string(version), names});
                         }
                       print_table(program.out, table);
                     });
}

int remove(const Program& program, const Options& options) {
  json::object input{{"SecretId", options.name}};
  if (options.force)
    input["ForceDeleteWithoutRecovery"] = true;
  else
    input["RecoveryWindowInDays"] = options.days;
  return with_answer(program, options, "DeleteSecret", input, [&](const json::object& answer) {
    program.out.line(options.force
                         ? fmt::format("{} is gone", options.name)
                         : fmt::format("{} goes at {}; until then `belfry secret restore "
                                       "{}` brings it back",
                                       options.name, date(answer, "DeletionDate"), options.name));
  });
}

int restore(const Program& program, const Options& options) {
  return with_answer(
      program, options, "RestoreSecret", {{"SecretId", options.name}},
      [&](const json::object&) { program.out.line(fmt::format("{} is back", options.name)); });
}

}  // namespace

void add_secret(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* secret = program.command(
      "secret", "keep passwords and keys, encrypted",
      "  belfry secret put dev/fabricOrgs/org1/listener/pk --file listener.key\n"
      "  belfry secret put sms/password               typed or piped; never shown in the process "
      "list\n"
      "  belfry secret get sms/password\n"
      "  belfry secret get sms/password --stage AWSPREVIOUS\n"
      "  belfry secret list dev/\n"
      "  belfry secret describe sms/password\n"
      "  belfry secret delete sms/password --days 7\n"
      "  belfry secret restore sms/password\n\n"
      "Works on a running belfry, with the credentials that AWS_ACCESS_KEY_ID and "
      "AWS_SECRET_ACCESS_KEY name where it\n"
      "asks for some, and on the data directory of a stopped one.\n");
  secret->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description,
                       int (*run)(const Program&, const Options&)) {
    CLI::App* command = program.step(secret, name, description, options, run);
    auto* naming = command->add_option(
        "NAME", options->name, name == "list" ? "only names that begin so" : "its name or ARN");
    naming->type_name("");
    if (name != "list") naming->required();
    command
        ->add_option("-c,--config", options->api.config,
                     "the configuration, which says where data directory and master key are")
        ->capture_default_str()
        ->type_name("FILE");
    command->add_option("-d,--data", options->api.data, "the data directory")->type_name("FOLDER");
    return command;
  };
  CLI::App* putting = add("put", "make a secret, or give it a new value", put);
  putting->add_option("-f,--file", options->file, "take the value from here; - is standard input")
      ->type_name("FILE");
  putting
      ->add_option("--value", options->value,
                   "the value itself: others on this machine may see it while the command runs")
      ->type_name("TEXT");
  putting->add_option("--description", options->description, "what it is for")->type_name("TEXT");
  CLI::App* getting = add("get", "print the value", get);
  getting->add_option("--version", options->version, "of this version")->type_name("ID");
  getting->add_option("--stage", options->stage, "of this stage, such as AWSPREVIOUS")
      ->type_name("STAGE");
  add_output_option(add("list", "list the secrets, without their values", list), options->output);
  add_output_option(add("describe", "show what is known of one, without its value", describe),
                    options->output);
  CLI::App* deleting = add("delete", "mark it for deletion", remove);
  deleting->add_option("--days", options->days, "how long it can be restored")
      ->capture_default_str()
      ->check(CLI::Range(7, 30).description(""));
  deleting->add_flag("--force", options->force, "at once, for good");
  add("restore", "bring back one that is marked for deletion", restore);
}

}  // namespace belfry::cli

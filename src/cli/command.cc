#include "cli/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"

namespace belfry::cli {

CLI::App* Program::command(const std::string& name, const std::string& description,
                           const std::string& examples) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("\nExamples:\n" + examples);
  return command;
}

void Program::on_run(CLI::App* command, std::function<int()> run) {
  command->callback([this, run = std::move(run)] { exit_code = run(); });
}

int Program::failed(std::string_view message) const {
  err.line(fmt::format("{} {}", err.paint(Style::red, "belfry:"), message));
  return kFailed;
}

int Program::misused(std::string_view message) const {
  failed(message);
  return kMisused;
}

void add_config_option(CLI::App* command, std::string& path) {
  command->add_option("-c,--config", path, "the configuration")
      ->capture_default_str()
      ->type_name("FILE");
}

std::optional<app::Config> load(const Program& program, const std::string& path) {
  app::ConfigResult result = app::load_config(posix_files(), path, app::process_environment());
  if (result.ok()) return std::move(result.config);
  const size_t count = result.problems.size();
  program.err.print(app::format_problems(path, std::move(result.problems)));
  program.misused(fmt::format("{} {} in {}: nothing was started", count,
                              count == 1 ? "mistake" : "mistakes", path));
  return {};
}

std::string wrong_choice(const std::string& option, const std::string& word,
                         const std::vector<std::string>& choices) {
  return fmt::format(
      "{}: '{}' is none of {}{}", option.substr(option.rfind(',') + 1), word,
      fmt::join(choices, ", "),
      suggestion(word, choices).starts_with("; did") ? suggestion(word, choices) : "");
}

void add_output_option(CLI::App* command, Output& output) {
  add_choice<Output>(
      command, "-o,--output", output,
      {{"table", Output::table}, {"json", Output::json}, {"yaml", Output::yaml}},
      "table, json or yaml; by default a table on a terminal and plain lines in a pipe");
}

}  // namespace belfry::cli

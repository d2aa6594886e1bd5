// What every command has: the parsed command line's common part, where to write, and the exit
// codes. Each command lives in a file of its own, CMD_command.cc, and adds itself to the program
// (commands.h).
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/config.h"
#include "cli/terminal.h"

namespace belfry::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kMisused = 2;  // a wrong command line, or a wrong configuration

class Program {
 public:
  Program(CLI::App& app) : app(app), out(stdout), err(stderr) {}

  CLI::App& app;
  Terminal out, err;
  int exit_code = kDone;

  // Adds a command with its examples for --help; `run` is called when it was chosen.
  CLI::App* command(const std::string& name, const std::string& description,
                    const std::string& examples);
  void on_run(CLI::App* command, std::function<int()> run);
  // One of a command's steps: `run` is called with the options, which its steps may share, when it
  // was chosen. Examples: for its own --help; empty: none.
  template <class Options>
  CLI::App* step(CLI::App* parent, const std::string& name, const std::string& description,
                 const std::shared_ptr<Options>& options,
                 int (*run)(const Program&, const Options&), const std::string& examples = {}) {
    CLI::App* command = parent->add_subcommand(name, description);
    if (!examples.empty()) command->footer("\nExamples:\n" + examples);
    on_run(command, [this, options, run] { return run(*this, *options); });
    return command;
  }

  // Says what went wrong ("belfry: …") and returns the code.
  int failed(std::string_view message) const;
  int misused(std::string_view message) const;
};

// --config, for commands that read belfry.yaml.
void add_config_option(CLI::App* command, std::string& path);
// Loads; on mistakes prints them all and returns none.
std::optional<app::Config> load(const Program& program, const std::string& path);

std::string wrong_choice(const std::string& option, const std::string& word,
                         const std::vector<std::string>& choices);

// An option that takes one of a few words; what else it is given gets a message with the nearest.
template <class T>
CLI::Option* add_choice(CLI::App* command, const std::string& name, T& value,
                        std::vector<std::pair<std::string, T>> choices, const std::string& help) {
  return command
      ->add_option_function<std::string>(
          name,
          [&value, choices, name](const std::string& word) {
            std::vector<std::string> words;
            for (const auto& [candidate, meaning] : choices) {
              if (candidate == word) value = meaning;
              if (candidate == word) return;
              words.push_back(candidate);
            }
            throw CLI::ValidationError(wrong_choice(name, word, words));
          },
          help)
      ->type_name("FORM");
}

enum class Output { automatic, table, json, yaml };
void add_output_option(CLI::App* command, Output& output);

}  // namespace belfry::cli

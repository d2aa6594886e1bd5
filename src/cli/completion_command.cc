#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"

namespace belfry::cli {

namespace {

struct Flag {
  std::string name;  // "--from"
  std::string help;
};

struct Known {
  std::string path;  // "run", "queue peek"
  std::string help;
  std::vector<std::string> children;
  std::vector<Flag> flags;
};

void collect(const CLI::App* app, const std::string& path, std::vector<Known>& known) {
  Known it{path, app->get_description(), {}, {}};
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames())
      it.flags.push_back({"--" + name, option->get_description()});
  }
  const auto children = app->get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children) it.children.push_back(child->get_name());
  known.push_back(std::move(it));
  for (const CLI::App* child : children)
    collect(child, path.empty() ? child->get_name() : path + " " + child->get_name(), known);
}

std::string words_of(const Known& it) {
  std::vector<std::string> words = it.children;
  for (const Flag& flag : it.flags) words.push_back(flag.name);
  return fmt::format("{}", fmt::join(words, " "));
}

std::string bash(const std::vector<Known>& known) {
  std::string out =
      "# bash completion for belfry:  eval \"$(belfry completion bash)\"\n"
      "_belfry() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} path= i words=\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${COMP_WORDS[i]} == -* ]] || path=\"${path:+$path }${COMP_WORDS[i]}\"\n"
      "  done\n"
      "  while :; do\n"
      "    case \"$path\" in\n";
  for (const Known& it : known)
    out += fmt::format("      '{}') words='{}'; break ;;\n", it.path, words_of(it));
  return out +
         "      *' '*) path=${path% *} ;;\n"
         "      *) break ;;\n"
         "    esac\n"
         "  done\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _belfry belfry\n";
}

std::string zsh(const std::vector<Known>& known) {
  std::string bash_text = bash(known);
  bash_text.erase(0, bash_text.find('\n') + 1);
  return "#compdef belfry\n# zsh completion for belfry:  source <(belfry completion zsh)\nautoload "
         "-U +X bashcompinit && bashcompinit\n" +
         bash_text;
}

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish(const std::vector<Known>& known) {
  std::string out = "# fish completion for belfry:  belfry completion fish | source\n";
  for (const Known& it : known) {
    const std::string last = it.path.substr(it.path.rfind(' ') + 1);
    if (it.path.empty()) {
      for (const Known& child : known)
        if (!child.path.empty() && child.path.find(' ') == std::string::npos)
          out += fmt::format("complete -c belfry -n __fish_use_subcommand -f -a {} -d {}\n",
                             child.path, fish_quoted(child.help));
      continue;
    }
    const std::string condition = fmt::format("'__fish_seen_subcommand_from {}'", last);
    for (const std::string& child : it.children)
      out += fmt::format("complete -c belfry -n {} -f -a {}\n", condition, child);
    for (const Flag& flag : it.flags)
      out += fmt::format("complete -c belfry -n {} -l {} -d {}\n", condition, flag.name.substr(2),
                         fish_quoted(flag.help));
  }
  return out;
}

}  // namespace

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      program.command("completion", "print the completion script of a shell",
                      "  eval \"$(belfry completion bash)\"       in ~/.bashrc\n"
                      "  source <(belfry completion zsh)         in ~/.zshrc\n"
                      "  belfry completion fish | source         in ~/.config/fish/config.fish\n");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("");
  program.on_run(command, [&program, shell] {
    std::vector<Known> known;
    collect(&program.app, "", known);
    program.out.print(*shell == "bash" ? bash(known) : *shell == "zsh" ? zsh(known) : fish(known));
    return kDone;
  });
}

}  // namespace belfry::cli

#include "cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "base/nearest.h"
#include "cli/as_it_is.h"

namespace belfry::cli {

namespace {

constexpr std::string_view kWelcome = R"(
  {bell}  rings when something happens on a ledger

  It follows Hyperledger Fabric channels, keeps its place, and carries every event that matters
  through durable queues, functions and topics to phones and inboxes: none lost, none twice.

  Look around
    {c}belfry events{r} SOURCE        print the events of a peer, or of block files on this disk
    {c}belfry check{r}                lint belfry.yaml; --against BLOCKS shows what would be sent

  Run
    {c}belfry run{r}                  everything belfry.yaml names, until stopped
    {c}belfry status{r}               where each listener stands, what waits, what failed
    {c}belfry outbox{r} --follow      the messages as they leave
    {c}belfry replay{r} LISTENER      deliver a range of blocks again
    {c}belfry queue{r}                look into queues, redrive dead letters
    {c}belfry topic{r}                look at topics, publish, subscribe

  On a Fabric network
    {c}belfry tx{r}                   submit transactions, evaluate queries
    {c}belfry chaincode{r}            package, install, approve, commit, upgrade, list
    {c}belfry channel{r}              look at channels, fetch blocks, join, update

  Set up
    {c}belfry devnet{r}               a Fabric network in one process, for tests and trying out
    {c}belfry secret{r}               keep keys and passwords sealed on this disk
    {c}belfry ca{r}                   register and enroll identities at a Fabric CA, or run one
    {c}belfry schema{r}               the JSON Schema of belfry.yaml, for editors
    {c}belfry completion{r} SHELL     completion for bash, zsh and fish
    {c}belfry version{r}

  Every command has examples:  belfry COMMAND --help
)";

std::string welcome(const Terminal& terminal) {
  const std::string cyan = terminal.colours() ? "\x1b[36m" : "",
                    reset = terminal.colours() ? "\x1b[0m" : "";
  return fmt::format(kWelcome, fmt::arg("bell", terminal.paint(Style::bold, "belfry")),
                     fmt::arg("c", cyan), fmt::arg("r", reset))
      .substr(1);
}

class Help : public CLI::Formatter {
 public:
  Help(const Terminal& terminal) : terminal_(terminal) { column_width(28); }
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    if (!app->get_parent()) return welcome(terminal_);
    for (const CLI::App* above = app->get_parent(); above; above = above->get_parent())
      name = above->get_name() + " " + name;
    return CLI::Formatter::make_help(app, name, mode);
  }

 private:
  Terminal terminal_;
};

// CLI11 takes "[a,b]" apart wherever a list may stand. A transaction's arguments must arrive as
// they are.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words[0] == "tx")
    for (std::string& word : words)
      if (word.starts_with('[')) word.insert(0, 1, kAsItIs);
  std::ranges::reverse(words);  // as CLI11 wants them
  return words;
}

}  // namespace

int run(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write, not our death
  CLI::App cli("rings when something happens on a ledger", "belfry");
  Program program(cli);
  cli.formatter(std::make_shared<Help>(program.out));
  cli.set_version_flag("--version", "belfry " BELFRY_VERSION);
  cli.require_subcommand(0, 1);
  add_run(program);
  add_check(program);
  add_events(program);
  add_status(program);
  add_outbox(program);
  add_replay(program);
  add_queue(program);
  add_topic(program);
  add_secret(program);
  add_ca(program);
  add_tx(program);
  add_chaincode(program);
  add_channel(program);
  add_function(program);
  add_devnet(program);
  add_schema(program);
  add_completion(program);
  add_version(program);

  if (argc == 1) {
    program.out.print(welcome(program.out));
    return kDone;
  }
  std::vector<std::string> commands;
  for (const CLI::App* command : cli.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(command->get_name());
  if (const std::string word = argv[1];
      !word.starts_with('-') && std::ranges::find(commands, word) == commands.end())
    return program.misused(
        fmt::format("there is no command '{}'{}", word, suggestion(word, commands)));
  try {
    cli.parse(words_of(argc, argv));
  } catch (const CLI::CallForVersion& version) {
    program.out.line(version.what());
    return kDone;
  } catch (const CLI::CallForHelp&) {
    CLI::App* chosen = &cli;
    while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands()[0];
    program.out.print(chosen->help());
    return kDone;
  } catch (const CLI::ParseError& wrong) {
    return program.misused(fmt::format("{}; see belfry --help", wrong.what()));
  }
  return std::fflush(stdout) == 0 ? program.exit_code : kFailed;
}

}  // namespace belfry::cli

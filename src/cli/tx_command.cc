#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/bytes.h"
#include "cli/as_it_is.h"
#include "cli/commands.h"
#include "cli/fabric_options.h"
#include "cli/output.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

struct Options {
  FabricOptions fabric;
  Output output = Output::automatic;
  std::string chaincode;
  std::vector<std::string> arguments, transient, transient_files, endorsers;
  bool is_init = false;
  double wait = 60;  // seconds; 0: not at all
};

// --transient NAME=VALUE and --transient-file NAME=PATH.
Result<std::map<std::string, std::string>> transient_of(const Options& options) {
  std::map<std::string, std::string> out;
  const auto split = [](const std::string& pair) -> Result<std::pair<std::string, std::string>> {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(fmt::format("transient data is NAME=VALUE, not '{}'", pair));
    return std::pair{pair.substr(0, equals), pair.substr(equals + 1)};
  };
  for (const std::string& pair : options.transient) {
    auto parts = split(pair);
    if (!parts) return tl::unexpected(parts.error());
    out.insert_or_assign(parts->first, parts->second);
  }
  for (const std::string& pair : options.transient_files) {
    auto parts = split(pair);
    if (!parts) return tl::unexpected(parts.error());
    auto contents = read_whole(posix_files(), parts->second, 10 << 20);
    if (!contents) return tl::unexpected(contents.error());
    out.insert_or_assign(parts->first, *std::move(contents));
  }
  return out;
}

// A result as JSON where it is JSON, as text where it is text, in base64 otherwise.
void put_result(json::object& into, const fabric::Endorsement& answer) {
  into["status"] = answer.status;
  if (!answer.message.empty()) into["message"] = answer.message;
  if (answer.payload.empty()) return;
  json::error_code error;
  json::value parsed = json::parse(answer.payload, error);
  if (!error)
    into["result"] = std::move(parsed);
  else if (is_utf8(answer.payload))
    into["result"] = answer.payload;
  else
    into["result_base64"] = base64(answer.payload);
}

// Text as it is, for people and pipes; other bytes as they are in a pipe.
void print_payload(const Program& program, const std::string& payload) {
  if (!program.out.is_terminal()) {
    program.out.print(payload);
    if (is_utf8(payload)) program.out.line();
    return;
  }
  program.out.line(is_utf8(payload) ? program.out.safe(payload) : base64(payload));
}

struct Opened {
  FabricClients clients;
  fabric::Invocation invocation;
};
std::optional<Opened> open(const Program& program, const Options& options, int& code) {
  auto transient = transient_of(options);
  if (!transient) {
    code = program.misused(transient.error().message);
    return {};
  }
  Opened out;
  out.clients = open_fabric(program, options.fabric, code);
  if (out.clients.empty()) return {};
  out.invocation.channel = out.clients[0]->channel();
  out.invocation.chaincode = options.chaincode;
  for (const std::string& argument : options.arguments)
    out.invocation.arguments.push_back(argument.starts_with(kAsItIs) ? argument.substr(1)
                                                                     : argument);
  out.invocation.transient = std::move(*transient);
  out.invocation.is_init = options.is_init;
  return out;
}

int evaluate(const Program& program, const Options& options) {
  int code = kDone;
  auto opened = open(program, options, code);
  if (!opened) return code;
  auto answer = opened->clients[0]->evaluate(opened->invocation, options.endorsers);
  if (!answer) return fabric_failed(program, answer.error());
  json::object shown;
  put_result(shown, *answer);
  if (!print_structured(program.out, options.output, shown))
    print_payload(program, answer->payload);
  return kDone;
}

int submit(const Program& program, const Options& options) {
  int code = kDone;
  auto opened = open(program, options, code);
  if (!opened) return code;
  const auto wait = std::chrono::milliseconds(static_cast<int64_t>(options.wait * 1000));
  auto done = opened->clients[0]->submit(opened->invocation, {options.endorsers, wait});
  if (!done) return fabric_failed(program, done.error());
  const std::string validation =
      done->commit ? fabric::validation_code(done->commit->code) : std::string();

  json::object shown{{"transaction_id", done->transaction_id}};
  if (done->commit) {
    shown["block"] = done->commit->block;
    shown["code"] = validation;
  }
  put_result(shown, done->answer);
  if (!print_structured(program.out, options.output, shown)) {
    if (!done->answer.payload.empty()) print_payload(program, done->answer.payload);
    std::string line = "transaction " + done->transaction_id;
    line += done->commit ? fmt::format(", block {}, {}", done->commit->block, validation)
                         : ", ordered, not waited for";
    program.err.line(program.err.paint(Style::dim, line));
  }
  if (!done->commit || done->commit->code == 0) return kDone;
  return fabric_failed(
      program, {fabric::RpcError::Kind::refused,
                fmt::format("transaction {} was not valid: {}", done->transaction_id, validation)});
}

CLI::App* add(Program& program, CLI::App* parent, const std::string& name,
              const std::string& description, const std::string& examples,
              const std::shared_ptr<Options>& options) {
  CLI::App* command = program.step(parent, name, description, options,
                                   name == "submit" ? submit : evaluate, examples);
  command->add_option("CHAINCODE", options->chaincode, "the chaincode's name")
      ->required()
      ->type_name("");
  command
      ->add_option("FUNCTION", options->arguments,
                   "the function and its arguments, each as it is: JSON needs quotes for the shell "
                   "only; -- before arguments that begin with a dash")
      ->required()
      ->type_name("");
  command
      ->add_option("--transient", options->transient,
                   "data for the endorsers only, for private data; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->add_option("--transient-file", options->transient_files, "the same from a file")
      ->type_name("NAME=PATH")
      ->allow_extra_args(false);
  command
      ->add_option("--endorsers", options->endorsers,
                   "who must answer: MSP ids, or peers by name or address; by default the network "
                   "chooses")
      ->type_name("WHO,…")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--init", options->is_init, "this is the chaincode's required initialization");
  add_output_option(command, options->output);
  add_fabric_options(command, options->fabric, false);
  return command;
}

}  // namespace

void add_tx(Program& program) {
  CLI::App* command =
      program.command("tx", "call a chaincode: submit a transaction, or evaluate a query",
                      "  belfry tx submit ngo createDonation '{\"donationAmount\": 100}'\n"
                      "  belfry tx evaluate ngo queryAllDonors --output json\n");
  command->require_subcommand(1);
  auto submit = std::make_shared<Options>();
  CLI::App* submits = add(
      program, command, "submit", "have a transaction endorsed, ordered and committed",
      "  belfry tx submit ngo createDonation '{\"donationAmount\": 100, \"createdBy\": \"jane\"}'\n"
      "  belfry tx submit --network charity ngo setBudget 7 --endorsers Org1MSP,Org2MSP\n"
      "  belfry tx submit ngo createDonor --transient donor='{\"name\": \"Jane\"}' --output json\n"
      "  belfry tx submit --peer localhost:7051 --tls-ca tlsca.pem --msp Org1MSP \\\n"
      "      --identity users/User1/msp --channel mychannel ngo initialize\n",
      submit);
  submits
      ->add_option("--wait", submit->wait,
                   "how long for the commit, in seconds; 0: end once it is ordered")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0).description(""))
      ->capture_default_str();
  auto evaluate = std::make_shared<Options>();
  add(program, command, "evaluate", "query a chaincode: nothing is written to the ledger",
      "  belfry tx evaluate ngo queryDonor jane\n"
      "  belfry tx evaluate --profile connection.yaml --user User1 ngo queryAllDonors | jq .\n"
      "  belfry tx evaluate qscc GetChainInfo mychannel --output json\n",
      evaluate);
}

}  // namespace belfry::cli

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/message_json.h"
#include "app/storage.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "sinks/outbox.h"

namespace belfry::cli {

namespace {

namespace json = boost::json;

constexpr size_t kPage = 500;

struct Options {
  ApiOptions api;
  Output output = Output::automatic;
  bool follow = false;
  uint64_t limit = 0;
  std::string to;
};

// An entry as sinks/outbox.h writes it, with its sequence.
json::object entry_of(const json::value& message) {
  boost::system::error_code error;
  const json::value body = json::parse(text_at(message, "body"), error);
  json::object entry{{"sequence", number_at(message, "sequence")}};
  if (const json::object* fields = error ? nullptr : body.if_object())
    for (const auto& [key, value] : *fields) entry[key] = value;
  return entry;
}

class OutboxPrinter {
 public:
  OutboxPrinter(const Program& program, const Options& options)
      : out_(program.out), options_(options) {}

  void print(const json::object& entry) {
    if (!options_.to.empty() && text_at(entry, "to") != options_.to) return;
    if (options_.output == Output::json) {
      out_.line(json::serialize(entry));
    } else if (options_.output == Output::yaml) {
      json::array one;
      one.emplace_back(entry);
      print_structured(out_, Output::yaml, one);
    } else if (out_.is_terminal()) {
      out_.line(fmt::format(
          "{}  {}  {}", out_.paint(Style::dim, text_at(entry, "time").substr(0, 19)),
          out_.paint(Style::cyan, text_at(entry, "to")), out_.safe(text_at(entry, "text"))));
    } else {
      out_.line(fmt::format("{}\t{}\t{}\t{}", text_at(entry, "time"), text_at(entry, "protocol"),
                            text_at(entry, "to"), one_line(text_at(entry, "text"))));
    }
    ++count_;
  }
  bool full() const { return options_.limit != 0 && count_ >= options_.limit; }
  uint64_t count() const { return count_; }

 private:
  static std::string one_line(std::string text) {
    for (char& c : text)
      if (c == '\n' || c == '\r' || c == '\t') c = ' ';
    return text;
  }

  const Terminal& out_;
  const Options& options_;
  uint64_t count_ = 0;
};

int show_stopped(const Program& program, const Options& options, const std::string& why) {
  auto storage = app::open_storage({}, data_folder_of(options.api), {}, false);
  if (!storage) return program.failed(fmt::format("{}; and {}", why, storage.error().message));
  OutboxPrinter printer(program, options);
  const auto queue = storage->store->find_queue(sinks::kOutboxQueue);
  uint64_t after = 0;
  while (queue && !printer.full()) {
    const auto messages = storage->store->peek(*queue, after, kPage);
    if (messages.empty()) break;
    for (const auto& message : messages) {
      if (!printer.full()) printer.print(entry_of(app::message_json(message)));
      after = message.sequence;
    }
  }
  if (printer.count() == 0 && program.out.is_terminal())
    program.out.line(program.out.paint(Style::dim, "the outbox is empty"));
  return kDone;
}

int show_outbox(const Program& program, const Options& options) {
  ApiClient api(options.api);
  OutboxPrinter printer(program, options);
  uint64_t after = 0;
  bool waiting = false;
  for (;;) {
    const auto answer = api.get(
        fmt::format("/api/v1/outbox?after={}&limit={}{}", after, kPage, waiting ? "&wait=20" : ""),
        std::chrono::seconds(40));
    if (!answer.reached && after == 0 && !waiting && !options.follow && options.api.api.empty())
      return show_stopped(program, options, answer.error);
    if (!answer.error.empty()) return program.failed(answer.error);
    const json::array& messages = list_at(answer.body, "messages");
    for (const auto& message : messages)
      if (!printer.full()) printer.print(entry_of(message));
    std::fflush(stdout);
    after = std::max(after, number_at(answer.body, "next"));
    if (printer.full()) return kDone;
    if (!messages.empty()) continue;
    if (!options.follow) break;
    waiting = true;
  }
  if (printer.count() == 0 && program.out.is_terminal())
    program.out.line(program.out.paint(Style::dim, "the outbox is empty"));
  return kDone;
}

}  // namespace

void add_outbox(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.command("outbox", "show the messages that stay here because no provider is named",
                      "  belfry outbox\n"
                      "  belfry outbox --follow                    and what comes, as it comes\n"
                      "  belfry outbox --to +15555550100 --limit 5\n"
                      "  belfry outbox --output json | jq -r .text\n");
  command->add_flag("-f,--follow", options->follow, "wait for more");
  command->add_option("-n,--limit", options->limit, "stop after so many")->type_name("N");
  command->add_option("--to", options->to, "only what went there")->type_name("ENDPOINT");
  add_api_options(command, options->api);
  add_output_option(command, options->output);
  program.on_run(command, [&program, options] { return show_outbox(program, *options); });
}

}  // namespace belfry::cli

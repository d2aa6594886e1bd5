// Load for the benchmarks of the AWS-compatible endpoint and its peers. Prints one line of JSON.
//
//   aws_load post ADDRESS:PORT FILE        repeats the HTTP request that the file holds
//   aws_load send ADDRESS:PORT QUEUE_URL   SendMessage, or SendMessageBatch with --batch 10
//   aws_load drain ADDRESS:PORT QUEUE_URL  receives ten and deletes them, in turn on each
//   connection aws_load latency ADDRESS:PORT QUEUE_URL  sends at a steady rate to a waiting poller
//
// With --pid it says how much processor time that process used per message.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "load/client.h"
#include "load/sqs.h"

namespace {

using namespace belfry::bench;

struct Options {
  std::string to, subject;  // the file or the queue
  size_t connections = 16;
  double seconds = 4, warm_up = 1;
  size_t batch = 1, body = 500;
  size_t most = 0;  // messages; 0: as many as the time allows
  double rate = 200;
  int pid = 0;
  bool query = false;  // the protocol; else JSON
};

// User and system time of a process, seconds.
double processor_time(int pid) {
  if (pid == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Counts what is done after the warm-up, and the processor time meanwhile.
class Meter {
 public:
  explicit Meter(const Options& options)
      : options_(options), begin_(now() + static_cast<int64_t>(options.warm_up * 1e9)) {}
  int64_t end() const { return begin_ + static_cast<int64_t>(options_.seconds * 1e9); }
  bool over() const { return now() >= end() || (options_.most > 0 && total_ >= options_.most); }
  void count(size_t messages, const Reply& reply) {
    if (reply.status != 200) {
      if (++errors_ == 1)
        std::fprintf(stderr, "load: HTTP %d: %.300s\n", reply.status,
                     std::string(reply.body).c_str());
      return;
    }
    total_ += messages;
    if (started_ == 0 && now() < begin_) return;
    if (started_ == 0) {
      started_ = now();
      processor_ = processor_time(options_.pid);
      return;
    }
    messages_ += messages;
    last_ = now();
  }
  // Call once no more is sent: what counts is the time until the last answer.
  void print() {
    const double seconds = static_cast<double>(last_ - started_) / 1e9;
    const double used = processor_time(options_.pid) - processor_;
    std::printf("{\"messages\": %zu, \"errors\": %zu, \"per_second\": %.0f, \"cpu_us\": %.2f}\n",
                messages_, errors_, messages_ > 0 ? static_cast<double>(messages_) / seconds : 0,
                messages_ > 0 ? used * 1e6 / static_cast<double>(messages_) : 0);
  }

 private:
  const Options options_;
  const int64_t begin_;
  size_t total_ = 0, messages_ = 0, errors_ = 0;
  int64_t started_ = 0, last_ = 0;
  double processor_ = 0;
};

// The same request again and again on every connection.
void repeat(const Options& options, const std::string& request, size_t messages) {
  Meter meter(options);
  Client* all = nullptr;
  Client client(options.to, options.connections, [&](size_t connection, const Reply& reply) {
    meter.count(messages, reply);
    if (!meter.over()) all->send(connection, request);
  });
  all = &client;
  for (size_t i = 0; i < client.size(); ++i) client.send(i, request);
  while (client.under_way() > 0) client.wait(meter.end());
  meter.print();
}

void drain(const Options& options) {
  const Sqs sqs(options.to, options.subject, options.query);
  const std::string receive = sqs.receive(10, 0);
  Meter meter(options);
  Client* all = nullptr;
  std::vector<size_t> deleting(options.connections);
  size_t empty = 0;
  Client client(options.to, options.connections, [&](size_t connection, const Reply& reply) {
    if (deleting[connection] > 0) {
      meter.count(std::exchange(deleting[connection], 0), reply);
      if (!meter.over()) all->send(connection, receive);
      return;
    }
    const std::string remove = sqs.remove_batch(reply.body, deleting[connection]);
    if (!remove.empty())
      all->send(connection, remove);
    else if (!meter.over() && ++empty < options.connections)
      all->send(connection, receive);  // someone else may just have been quicker
  });
  all = &client;
  for (size_t i = 0; i < client.size(); ++i) client.send(i, receive);
  while (client.under_way() > 0) client.wait(meter.end());
  meter.print();
}

// Senders at a steady pace, whether the answers come or not; one poller that always waits; one
// connection that deletes. A message's delay begins when it was due to be sent.
void latency(const Options& options) {
  constexpr size_t kPoller = 0, kDeleter = 1, kFirstSender = 2;
  const Sqs sqs(options.to, options.subject, options.query);
  const std::string receive = sqs.receive(10, 20);
  std::vector<double> delays;
  std::deque<std::string> to_delete;
  const auto begin = now() + static_cast<int64_t>(options.warm_up * 1e9);
  const auto end = begin + static_cast<int64_t>(options.seconds * 1e9);
  Client* all = nullptr;
  bool polling = true;
  size_t errors = 0;
  const auto delete_next = [&] {
    if (to_delete.empty() || !all->idle(kDeleter)) return;
    all->send(kDeleter, sqs.remove(to_delete.front()));
    to_delete.pop_front();
  };
  Client client(
      options.to, kFirstSender + options.connections, [&](size_t connection, const Reply& reply) {
        if (reply.status != 200) ++errors;
        if (connection == kPoller) {
          const int64_t at = now();
          if (at < end)
            all->send(kPoller, receive);
          else
            polling = false;
          sqs.each_field(reply.body, "Body", [&](std::string_view body) {
            const int64_t due = std::atoll(std::string(body.substr(0, 20)).c_str());
            if (due >= begin) delays.push_back(static_cast<double>(at - due) / 1e6);
          });
          sqs.each_field(reply.body, "ReceiptHandle",
                         [&](std::string_view handle) { to_delete.emplace_back(handle); });
        }
        delete_next();
      });
  all = &client;
  client.send(kPoller, receive);
  const auto gap = static_cast<int64_t>(1e9 / options.rate);
  size_t next_sender = 0;
  for (int64_t due = now() + gap; due < end; due += gap) {
    while (now() < due) client.wait(due);
    size_t sender = kFirstSender + next_sender++ % options.connections;
    while (!client.idle(sender)) client.wait(end);
    std::string body = std::to_string(due);
    body.insert(0, 20 - body.size(), '0');
    body.resize(options.body, 'x');
    client.send(sender, sqs.send(body));
  }
  const int64_t patience = now() + 1'000'000'000;
  while (now() < patience && client.under_way() > (polling ? 1u : 0u)) client.wait(patience);
  std::sort(delays.begin(), delays.end());
  const auto percentile = [&](size_t percent) {
    return delays.empty() ? 0 : delays[std::min(delays.size() - 1, delays.size() * percent / 100)];
  };
  std::printf("{\"messages\": %zu, \"errors\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
              delays.size(), errors, percentile(50), percentile(99));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("load for benchmarks");
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* subject) {
    auto* command = app.add_subcommand(name);
    command->add_option("to", options.to, "ADDRESS:PORT")->required();
    command->add_option("subject", options.subject, subject)->required();
    command->add_option("--connections", options.connections);
    command->add_option("--seconds", options.seconds);
    command->add_option("--warm-up", options.warm_up);
    command->add_option("--batch", options.batch);
    command->add_option("--most", options.most);
    command->add_option("--body", options.body);
    command->add_option("--rate", options.rate);
    command->add_option("--pid", options.pid);
    command->add_flag("--query", options.query, "speak the Query protocol, not JSON");
    return command;
  };
  auto* post = add("post", "a file with an HTTP request");
  auto* send = add("send", "a queue's URL");
  auto* drain_command = add("drain", "a queue's URL");
  auto* latency_command = add("latency", "a queue's URL");
  CLI11_PARSE(app, argc, argv);
  const std::string body(options.body, 'x');
  if (*post) {
    std::ifstream file(options.subject);
    repeat(options, {std::istreambuf_iterator<char>(file), {}}, options.batch);
  } else if (*send) {
    const Sqs sqs(options.to, options.subject, options.query);
    repeat(options, options.batch == 1 ? sqs.send(body) : sqs.send_batch(body, options.batch),
           options.batch);
  } else if (*drain_command) {
    drain(options);
  } else if (*latency_command) {
    latency(options);
  }
  return 0;
}

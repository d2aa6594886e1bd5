#include "app/config_check.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "app/patterns.h"
#include "base/nearest.h"
#include "functions/body.h"

namespace belfry::app {

namespace {

class StageCheck {
 public:
  StageCheck(const Config& config, std::vector<Problem>& problems)
      : config_(config), problems_(problems) {}

  void listener(const Named<ListenerConfig>& listener) {
    const ListenerConfig& it = listener.value;
    name(it.network, "network", config_.networks.names());
    targets(it.to);
    if (const auto pattern = listener_pattern(it.match.value, it.invalid); !pattern)
      wrong(it.match.mark_of(pattern.error().offset), "match: " + pattern.error().message);
    if (it.body.empty()) return;
    if (const auto body = functions::make_body(it.body.value); !body)
      wrong_template(it.body, body.error());
  }

  void function(const Named<FunctionConfig>& function) {
    const FunctionConfig& it = function.value;
    if (it.from) target(*it.from);
    targets(it.to);
    queue_name(it.dead_letter);
    retry(it.retry, function.at);
    if (it.body_template.empty()) return;
    const auto parsed =
        functions::Template::parse(it.body_template.value, functions::Template::Output::text);
    if (!parsed) wrong_template(it.body_template, parsed.error());
  }

  void queue(const Named<QueueConfig>& queue) {
    const QueueConfig& it = queue.value;
    if (it.dead_letter) {
      queue_name(it.dead_letter->queue);
      const QueueConfig* other = config_.queues.find(it.dead_letter->queue.value);
      if (other && other->fifo != it.fifo)
        wrong(it.dead_letter->queue.at,
              fmt::format("the dead-letter queue of a {0} queue must be {0} too",
                          it.fifo ? "FIFO" : "standard"));
    }
    if (it.content_deduplication && !it.fifo)
      wrong(queue.at, fmt::format("queue '{}' has content_deduplication, which only a FIFO queue "
                                  "can do: add fifo: true",
                                  queue.name));
  }

  void subscription(const SubscriptionConfig& it) {
    queue_name(it.dead_letter);
    retry(it.retry, it.at);
    if (it.filter.empty()) return;
    const auto dialect = it.filter_scope == SubscriptionConfig::FilterScope::body
                             ? match::Dialect::sns_body
                             : match::Dialect::sns;
    if (const auto pattern = match::Pattern::parse(it.filter.value, dialect); !pattern)
      // SNS's own words go on with a second line about its parser, which helps nobody here.
      wrong(it.filter.mark_of(pattern.error().offset),
            "filter: " + pattern.error().message.substr(0, pattern.error().message.find('\n')));
  }

 private:
  void wrong_template(const Text& text, const functions::TemplateError& error) {
    wrong(text.at, fmt::format("line {}, column {} of the template: {}", error.line, error.column,
                               error.message));
  }

  void wrong(Mark at, std::string message) { problems_.push_back({at, std::move(message)}); }

  void name(const Text& name, std::string_view kind, const std::vector<std::string>& names) {
    if (name.empty()) return;
    for (const std::string& candidate : names)
      if (candidate == name.value) return;
    wrong(name.at,
          fmt::format("there is no {} '{}'{}", kind, name.value, suggestion(name.value, names)));
  }

  void queue_name(const Text& it) { name(it, "queue", config_.queues.names()); }

  void target(const Target& it) {
    const Text text{it.name, it.at};
    switch (it.kind) {
      case Target::Kind::queue:
        return name(text, "queue", config_.queues.names());
      case Target::Kind::topic:
        return name(text, "topic", config_.topics.names());
      case Target::Kind::function:
        return name(text, "function", config_.functions.names());
      case Target::Kind::sns:
        if (!it.name.starts_with("arn:"))
          wrong(it.at, fmt::format("expected a topic's ARN behind sns:, not '{}'", it.name));
        return;
      case Target::Kind::sqs:
      case Target::Kind::lambda:
        return;
    }
  }

  void targets(const std::vector<Target>& list) {
    std::set<std::pair<Target::Kind, std::string>> seen;
    for (const Target& it : list) {
      if (it.name.empty()) continue;
      target(it);
      if (!seen.emplace(it.kind, it.name).second)
        wrong(it.at, fmt::format("'{}' stands twice in this list", it.name));
    }
  }

  void retry(const RetryConfig& it, Mark at) {
    if (it.least_delay > it.most_delay)
      wrong(at, "its retry policy has a least_delay above its most_delay");
  }

  const Config& config_;
  std::vector<Problem>& problems_;
};

}  // namespace

std::optional<std::string> bad_address(const std::string& address, int least_port) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return fmt::format("expected HOST:PORT, not '{}'", address);
  int port = -1;
  const char* end = address.data() + address.size();
  const auto [stopped, error] = std::from_chars(address.data() + colon + 1, end, port);
  if (error != std::errc() || stopped != end || port < least_port || port > 65535)
    return fmt::format("expected a port from {} to 65535 after the colon, not '{}'", least_port,
                       address.substr(colon + 1));
  return {};
}

void check_stages(const Config& config, std::vector<Problem>& problems) {
  StageCheck check(config, problems);
  for (const auto& listener : config.listeners) check.listener(listener);
  for (const auto& queue : config.queues) check.queue(queue);
  for (const auto& function : config.functions) check.function(function);
  for (const auto& topic : config.topics)
    for (const auto& subscription : topic.value.subscriptions) check.subscription(subscription);
  if (const auto bad = bad_address(config.admin.address.value, 0))
    problems.push_back({config.admin.address.at, *bad});
}

void check_config(FileSystem& files, const Config& config, std::vector<Problem>& problems) {
  check_networks(files, config, problems);
  check_stages(config, problems);
  check_lambdas(files, config, problems);
  check_subscriptions(config, problems);
  check_sms(config, problems);
  check_smtp(config, problems);
  check_aws(config, problems);
  check_cloud(config, problems);
  if (problems.empty()) check_ways(config, problems);
}

}  // namespace belfry::app

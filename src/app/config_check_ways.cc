// The stages as a graph: every stage must be reached from a listener, and no event may come back to
// where it was.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "app/config_check.h"

namespace belfry::app {

namespace {

struct Stage {
  Mark at;
  std::vector<std::string> to;
  bool begins = false;  // a listener
};

std::string stage_name(const Target& target) {
  switch (target.kind) {
    case Target::Kind::queue:
      return "queue " + target.name;
    case Target::Kind::topic:
      return "topic " + target.name;
    case Target::Kind::function:
      return "function " + target.name;
    case Target::Kind::sqs:
    case Target::Kind::sns:
    case Target::Kind::lambda:
      break;  // outside: nothing comes back from there
  }
  return {};
}

std::map<std::string, Stage> stages_of(const Config& config) {
  std::map<std::string, Stage> stages;
  for (const auto& listener : config.listeners) {
    Stage& stage = stages["listener " + listener.name];
    stage.begins = true;
    stage.at = listener.at;
    for (const Target& target : listener.value.to)
      if (std::string name = stage_name(target); !name.empty()) stage.to.push_back(std::move(name));
  }
  for (const auto& queue : config.queues) {
    Stage& stage = stages["queue " + queue.name];
    stage.at = queue.at;
    if (queue.value.dead_letter)
      stage.to.push_back("queue " + queue.value.dead_letter->queue.value);
  }
  for (const auto& function : config.functions) {
    const std::string name = "function " + function.name;
    Stage& stage = stages[name];
    stage.at = function.at;
    for (const Target& target : function.value.to) stage.to.push_back(stage_name(target));
    if (!function.value.dead_letter.empty())
      stage.to.push_back("queue " + function.value.dead_letter.value);
  }
  for (const auto& function : config.functions)
    if (function.value.from)
      stages[stage_name(*function.value.from)].to.push_back("function " + function.name);
  for (const auto& topic : config.topics) {
    Stage& stage = stages["topic " + topic.name];
    stage.at = topic.at;
    for (const auto& subscription : topic.value.subscriptions) {
      if (!subscription.dead_letter.empty())
        stage.to.push_back("queue " + subscription.dead_letter.value);
      if (subscription.protocol == SubscriptionConfig::Protocol::sqs)
        stage.to.push_back("queue " + queue_endpoint(subscription).value);
    }
  }
  return stages;
}

// Depth first; each loop is told once, at the stage that was met again.
class LoopSearch {
 public:
  LoopSearch(const std::map<std::string, Stage>& stages, std::vector<Problem>& problems)
      : stages_(stages), problems_(problems) {}

  void visit(const std::string& name) {
    if (done_.contains(name)) return;
    for (size_t i = 0; i < way_.size(); ++i) {
      if (way_[i] != name) continue;
      std::vector<std::string> loop(way_.begin() + static_cast<std::ptrdiff_t>(i), way_.end());
      loop.push_back(name);
      problems_.push_back({stages_.at(name).at, fmt::format("a message would go round for ever: {}",
                                                            fmt::join(loop, " → "))});
      return;
    }
    way_.push_back(name);
    for (const std::string& next : stages_.at(name).to) visit(next);
    way_.pop_back();
    done_.insert(name);
  }

 private:
  const std::map<std::string, Stage>& stages_;
  std::vector<Problem>& problems_;
  std::vector<std::string> way_;
  std::set<std::string> done_;
};

}  // namespace

void check_ways(const Config& config, std::vector<Problem>& problems) {
  const std::map<std::string, Stage> stages = stages_of(config);
  std::set<std::string> reached;
  for (const auto& [name, stage] : stages) reached.insert(stage.to.begin(), stage.to.end());
  for (const auto& [name, stage] : stages) {
    // Into queues and topics that are served to AWS's clients, these send.
    const bool open = config.aws && (name.starts_with("queue ") || name.starts_with("topic "));
    if (!stage.begins && !open && !reached.contains(name))
      problems.push_back(
          {stage.at,
           fmt::format(
               "nothing ever comes to {}: no listener, function or dead-letter setting leads there",
               name)});
  }
  LoopSearch search(stages, problems);
  for (const auto& [name, stage] : stages) search.visit(name);
}

}  // namespace belfry::app

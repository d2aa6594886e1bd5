// Functions: a template or code; that the code is there, and that the queue gives it time.
#include <fmt/format.h>

#include "app/config_check.h"
#include "base/nearest.h"
#include "functions/lambda.h"
#include "match/pattern.h"

namespace belfry::app {

namespace {

class LambdaCheck {
 public:
  LambdaCheck(FileSystem& files, const Config& config, std::vector<Problem>& problems)
      : files_(files), config_(config), problems_(problems) {}

  void function(const Named<FunctionConfig>& function) {
    const FunctionConfig& it = function.value;
    if (it.lambda && !it.body_template.empty())
      wrong(it.body_template.at,
            fmt::format("function '{}' has both template and lambda: keep one", function.name));
    if (it.lambda) return lambda(function, *it.lambda);
    // What could not be read is told of already.
    if (!problems_.empty()) return;
    if (it.body_template.empty())
      wrong(function.at,
            fmt::format("function '{}' needs 'template' or 'lambda': what it does", function.name));
    else if (it.to.empty())
      wrong(function.at,
            fmt::format("function '{}' needs 'to': where the result goes", function.name));
  }

 private:
  void wrong(Mark at, std::string message) { problems_.push_back({at, std::move(message)}); }

  void lambda(const Named<FunctionConfig>& function, const LambdaConfig& it) {
    const auto language = functions::language_of(it.runtime.value);
    if (!it.runtime.empty() && !language)
      wrong(it.runtime.at,
            fmt::format("there is no runtime '{}'{}", it.runtime.value,
                        suggestion(it.runtime.value, {"nodejs", "python", "provided"})));
    if (language && !it.code.empty()) code(it, *language);
    if (!it.filter.empty())
      if (const auto pattern = match::Pattern::parse(it.filter.value, match::Dialect::listener);
          !pattern)
        wrong(it.filter.mark_of(pattern.error().offset), "filter: " + pattern.error().message);
    if (it.batch && it.batch->size > 10 && it.batch->window == Duration(0))
      wrong(function.at,
            fmt::format("function '{}' has a batch of more than ten messages without a window: "
                        "add window: 1s",
                        function.name));
    user(function, it);
    queue(function, it);
  }

  void user(const Named<FunctionConfig>& function, const LambdaConfig& it) {
    const auto names = config_.aws ? config_.aws->users.names() : std::vector<std::string>();
    if (!it.user.empty()) {
      if (!config_.aws || !config_.aws->users.find(it.user.value))
        wrong(it.user.at, fmt::format("there is no user '{}'{}", it.user.value,
                                      suggestion(it.user.value, names)));
    } else if (!names.empty()) {
      wrong(function.at,
            fmt::format("function '{}' needs 'user': the one under aws.users that it acts as",
                        function.name));
    }
  }

  void queue(const Named<FunctionConfig>& function, const LambdaConfig& it) {
    const QueueConfig* from =
        function.value.from ? config_.queues.find(function.value.from->name) : nullptr;
    if (from && from->visibility_timeout < it.timeout)
      wrong(function.at,
            fmt::format("queue '{}' shows a message again after {}, while function '{}' may take "
                        "{}: raise its visibility_timeout",
                        function.value.from->name, in_seconds(from->visibility_timeout),
                        function.name, in_seconds(it.timeout)));
  }

  static std::string in_seconds(Duration time) {
    return fmt::format("{}s", std::chrono::duration<double>(time).count());
  }

  void code(const LambdaConfig& it, functions::Language language) {
    const auto names = files_.list(it.code.value);
    if (!names)
      return wrong(it.code.at, fmt::format("{} is no folder that can be read", it.code.value));
    if (language == functions::Language::custom) {
      if (!files_.exists(it.code.value + "/bootstrap"))
        wrong(it.code.at, fmt::format("there is no file bootstrap in {}, which runtime {} runs",
                                      it.code.value, it.runtime.value));
      return;
    }
    const std::string& handler = it.handler.value;
    const bool node = language == functions::Language::nodejs;
    const size_t from = handler.rfind('/') == handler.npos ? 0 : handler.rfind('/') + 1;
    const size_t dot = node ? handler.find('.', from) : handler.rfind('.');
    if (dot == handler.npos || dot == from || dot + 1 == handler.size())
      return wrong(handler.empty() ? it.runtime.at : it.handler.at,
                   fmt::format("expected a handler such as {}, not '{}'",
                               node ? "index.handler" : "main.handler", handler));
    const std::vector<std::string> ends = node ? std::vector<std::string>{".js", ".mjs", ".cjs", ""}
                                               : std::vector<std::string>{".py", "/__init__.py"};
    std::string stem = handler.substr(0, dot);
    if (!node) std::replace(stem.begin(), stem.end(), '.', '/');
    for (const std::string& end : ends)
      if (files_.exists(it.code.value + "/" + stem + end)) return;
    wrong(it.handler.at, fmt::format("there is no file {}{} in {}{}", stem, ends[0], it.code.value,
                                     suggestion(stem + ends[0], *names)));
  }

  FileSystem& files_;
  const Config& config_;
  std::vector<Problem>& problems_;
};

}  // namespace

void check_lambdas(FileSystem& files, const Config& config, std::vector<Problem>& problems) {
  LambdaCheck check(files, config, problems);
  for (const auto& function : config.functions) check.function(function);
}

}  // namespace belfry::app

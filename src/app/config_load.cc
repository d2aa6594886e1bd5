#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "app/config_check.h"
#include "app/config_schema.h"

namespace belfry::app {

Mark JsonText::mark_of(size_t offset) const {
  Mark mark = at;
  for (const auto& [from, place] : places) {
    if (from > offset) break;
    mark = place;
  }
  return mark;
}

std::string format_problems(const std::string& file, std::vector<Problem> problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.at < b.at; });
  std::string out;
  for (const Problem& problem : problems) {
    out += problem.at.line == 0 ? fmt::format("{}: {}\n", file, problem.message)
                                : fmt::format("{}:{}:{}: {}\n", file, problem.at.line,
                                              problem.at.column, problem.message);
  }
  return out;
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (!value) return {};
    return value;
  };
}

ConfigResult parse_config(FileSystem& files, const std::string& path, std::string_view yaml,
                          const Environment& environment, Wanted wanted) {
  ConfigResult result;
  result.config.file = path;
  Reader reader(files, path, environment);
  std::vector<YAML::Node> documents;
  try {
    documents = YAML::LoadAll(std::string(yaml));
  } catch (const YAML::Exception& e) {
    result.problems.push_back({e.mark.is_null() ? Mark{} : Mark{e.mark.line + 1, e.mark.column + 1},
                               "not YAML: " + e.msg});
    return result;
  }
  if (documents.empty() || documents[0].IsNull()) {
    result.problems.push_back(
        {{}, "the file says nothing: it needs at least `networks` and `listeners`"});
    return result;
  }
  if (documents.size() > 1)
    reader.wrong(documents[1], "a second document begins here: one file is one configuration");
  config_schema().read(reader, documents[0], result.config);
  if (has_lambda(result.config) && !result.config.aws)
    result.config.aws.emplace().address.value = "127.0.0.1:0";
  result.problems = std::move(reader.problems());
  if (wanted == Wanted::networks)
    check_each_network(files, result.config, result.problems);
  else
    check_config(files, result.config, result.problems);
  return result;
}

bool has_lambda(const Config& config) {
  for (const auto& function : config.functions)
    if (function.value.lambda) return true;
  return false;
}

ConfigResult load_config(FileSystem& files, const std::string& path, const Environment& environment,
                         Wanted wanted) {
  constexpr uint64_t kMostBytes = 4 << 20;
  const Result<std::string> yaml = read_whole(files, path, kMostBytes);
  if (!yaml) {
    ConfigResult result;
    result.config.file = path;
    result.problems.push_back({{}, yaml.error().message});
    return result;
  }
  return parse_config(files, path, *yaml, environment, wanted);
}

}  // namespace belfry::app

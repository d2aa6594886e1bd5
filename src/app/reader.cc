#include "app/reader.h"

#include <fmt/format.h>

#include <filesystem>

namespace belfry::app {

namespace {

constexpr int kDeepest = 64;
constexpr int kMostNodes = 200'000;

bool is_name_character(char c, bool first) {
  return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (!first && c >= '0' && c <= '9');
}

}  // namespace

Mark mark_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

std::string describe(const YAML::Node& node) {
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a mapping";
  if (!node.IsDefined() || node.IsNull()) return "nothing";
  constexpr size_t kLongest = 40;
  const std::string& text = node.Scalar();
  return text.size() > kLongest ? fmt::format("'{}…'", text.substr(0, kLongest))
                                : fmt::format("'{}'", text);
}

Reader::Reader(FileSystem& files, std::string file, const Environment& environment)
    : files_(files), file_(std::move(file)), environment_(environment) {}

std::optional<std::string> Reader::text(const YAML::Node& node, std::string_view expected) {
  if (!node.IsScalar()) {
    wrong(node, fmt::format("expected {}, not {}", expected, describe(node)));
    return {};
  }
  Result<std::string> expanded = expand_variables(node.Scalar(), environment_);
  if (!expanded) {
    wrong(node, expanded.error().message);
    return {};
  }
  return *expanded;
}

std::string Reader::resolve(std::string_view path) const {
  const std::filesystem::path given(path);
  if (given.is_absolute()) return given.string();
  return (std::filesystem::path(file_).parent_path() / given).lexically_normal().string();
}

std::optional<std::string> Reader::secret_file(const YAML::Node& node) {
  const std::optional<std::string> path = text(node, "the path of a file");
  if (!path) return {};
  constexpr uint64_t kMostBytes = 64 << 10;
  Result<std::string> contents = read_whole(files_, resolve(*path), kMostBytes);
  if (!contents) {
    wrong(node, contents.error().message);
    return {};
  }
  if (contents->ends_with('\n')) contents->pop_back();
  if (contents->ends_with('\r')) contents->pop_back();
  if (contents->empty()) {
    wrong(node, fmt::format("{} is empty: it should hold a secret", resolve(*path)));
    return {};
  }
  return *contents;
}

bool Reader::enter(const YAML::Node& node) {
  ++depth_;
  ++visited_;
  if (depth_ > kDeepest) {
    if (depth_ == kDeepest + 1)
      wrong(node, fmt::format("nested more than {} levels deep", kDeepest));
    return false;
  }
  if (visited_ > kMostNodes) {
    if (visited_ == kMostNodes + 1)
      wrong(node, fmt::format("more than {} values, aliases counted as often as they are used",
                              kMostNodes));
    return false;
  }
  return true;
}

Result<std::string> expand_variables(std::string_view text, const Environment& environment) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t dollar = text.find("${", at);
    if (dollar == std::string_view::npos) break;
    if (dollar > at && text[dollar - 1] == '$') {  // $${ is a literal ${
      out.append(text.substr(at, dollar - at - 1)).append("${");
      at = dollar + 2;
      continue;
    }
    out.append(text.substr(at, dollar - at));
    size_t end = dollar + 2;
    if (end < text.size() && text[end] == '{') {  // a dollar before a template's {{
      out.append("$");
      at = dollar + 1;
      continue;
    }
    while (end < text.size() && is_name_character(text[end], end == dollar + 2)) ++end;
    const std::string_view name = text.substr(dollar + 2, end - dollar - 2);
    const bool has_default = text.substr(end).starts_with(":-");
    const size_t close = has_default ? text.find('}', end) : end;
    if (name.empty() || close >= text.size() || text[close] != '}')
      return fail(fmt::format(
          "'{}' is no variable: write ${{NAME}} or ${{NAME:-default}}, and $${{ for a literal ${{",
          text.substr(dollar, 20)));
    const std::optional<std::string> value = environment(name);
    if (has_default) {
      out.append(value && !value->empty() ? *value
                                          : std::string(text.substr(end + 2, close - end - 2)));
    } else if (value) {
      out.append(*value);
    } else {
      return fail(fmt::format(
          "the environment variable {0} is not set: set it, or write ${{{0}:-default}}", name));
    }
    at = close + 1;
  }
  if (at < text.size()) out.append(text.substr(at));
  return out;
}

}  // namespace belfry::app

// The reading of one YAML file: where things stand, what is wrong with them, and what variables
// stand for.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"

namespace belfry::app {

Mark mark_of(const YAML::Node& node);

// "a list", "a mapping", "nothing", "'some text'": what a node is, for messages.
std::string describe(const YAML::Node& node);

// One file being read. Collects every problem instead of stopping at the first.
class Reader {
 public:
  Reader(FileSystem& files, std::string file, const Environment& environment);

  void wrong(Mark at, std::string message) { problems_.push_back({at, std::move(message)}); }
  void wrong(const YAML::Node& node, std::string message) {
    wrong(mark_of(node), std::move(message));
  }

  // A scalar's text with ${VAR} and ${VAR:-default} expanded; `$${` stands for `${`, and `${{` is
  // left alone because templates begin so. None, and a problem, when it is no scalar or a variable
  // is not set.
  std::optional<std::string> text(const YAML::Node& node, std::string_view expected);

  std::string resolve(std::string_view path) const;  // against the file's folder
  std::optional<std::string> secret_file(
      const YAML::Node& node);  // its contents without the last line's end

  // Bounds what a hostile file can make us do: aliases may repeat a part of the file exponentially.
  bool enter(const YAML::Node& node);
  void leave() { --depth_; }

  const std::string& file() const { return file_; }
  FileSystem& files() { return files_; }
  std::vector<Problem>& problems() { return problems_; }

 private:
  FileSystem& files_;
  std::string file_;
  const Environment& environment_;
  std::vector<Problem> problems_;
  int depth_ = 0;
  int visited_ = 0;
};

// ${VAR} and ${VAR:-default} in a text. An error names what is not set or not well-formed.
Result<std::string> expand_variables(std::string_view text, const Environment& environment);

}  // namespace belfry::app

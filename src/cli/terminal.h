// Where a command writes: colours and tables on a terminal, plain lines in a pipe. NO_COLOR
// (https://no-color.org) switches colours off.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::cli {

enum class Style { bold, dim, green, yellow, red, cyan };

class Terminal {
 public:
  explicit Terminal(std::FILE* stream);  // not owned
  bool is_terminal() const { return is_terminal_; }
  bool colours() const { return colours_; }
  int width() const;  // columns; 80 where nobody knows

  std::string paint(Style style, std::string_view text) const;
  void print(std::string_view text) const;  // as it is
  void line(std::string_view text = {}) const;
  // Control characters in what came from outside must not reach a terminal; in a pipe nothing
  // changes.
  std::string safe(std::string_view text) const;

 private:
  std::FILE* stream_;
  bool is_terminal_;
  bool colours_;
};

// A table with one header row. On a terminal aligned columns, the last one cut to the width; in a
// pipe one line per row, separated by tabs.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::string empty;  // said instead of a table without rows, on a terminal
};
void print_table(const Terminal& terminal, const Table& table);

// Columns a text takes: code points, without colours.
size_t display_width(std::string_view text);

}  // namespace belfry::cli

#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace belfry::cli {

namespace {

constexpr std::string_view kCodes[] = {"\x1b[1m",  "\x1b[2m",  "\x1b[32m",
                                       "\x1b[33m", "\x1b[31m", "\x1b[36m"};
constexpr std::string_view kReset = "\x1b[0m";

// The text's first `columns` columns, with an ellipsis if something was cut. Only for text without
// colours.
std::string cut(std::string_view text, size_t columns) {
  if (display_width(text) <= columns || columns == 0) return std::string(text);
  std::string out;
  size_t taken = 0;
  for (size_t i = 0; i < text.size() && taken + 1 < columns; ++taken) {
    size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    out.append(text.substr(i, end - i));
    i = end;
  }
  return out + "…";
}

}  // namespace

Terminal::Terminal(std::FILE* stream) : stream_(stream), is_terminal_(isatty(fileno(stream)) == 1) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term && std::string_view(term) == "dumb";
  colours_ = is_terminal_ && !(no_color && *no_color) && !dumb;
}

int Terminal::width() const {
  winsize size{};
  if (is_terminal_ && ioctl(fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 80;
}

std::string Terminal::paint(Style style, std::string_view text) const {
  if (!colours_) return std::string(text);
  return std::string(kCodes[static_cast<int>(style)]).append(text).append(kReset);
}

void Terminal::print(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stream_);
}

void Terminal::line(std::string_view text) const {
  print(text);
  print("\n");
}

std::string Terminal::safe(std::string_view text) const {
  std::string out(text);
  if (!is_terminal_) return out;
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {  // ESC [ … m
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++width;
  }
  return width;
}

void print_table(const Terminal& terminal, const Table& table) {
  if (!terminal.is_terminal()) {
    const auto row = [&](const std::vector<std::string>& cells) {
      std::string line;
      for (size_t i = 0; i < cells.size(); ++i) line.append(i ? "\t" : "").append(cells[i]);
      terminal.line(line);
    };
    row(table.header);
    for (const auto& cells : table.rows) row(cells);
    return;
  }
  if (table.rows.empty()) {
    terminal.line(terminal.paint(Style::dim, table.empty));
    return;
  }
  std::vector<size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(display_width(cell));
  for (const auto& cells : table.rows)
    for (size_t i = 0; i < cells.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(cells[i]));
  const auto row = [&](const std::vector<std::string>& cells, bool header) {
    std::string line;
    size_t used = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      const size_t room = static_cast<size_t>(terminal.width()) > used + 8
                              ? static_cast<size_t>(terminal.width()) - used
                              : 8;
      const bool painted = cells[i].find('\x1b') != std::string::npos;
      const std::string cell = last && !painted ? cut(cells[i], room) : cells[i];
      line += header ? terminal.paint(Style::dim, cell) : cell;
      if (!last) line.append(widths[i] + 2 - display_width(cell), ' ');
      used += widths[i] + 2;
    }
    terminal.line(line);
  };
  row(table.header, true);
  for (const auto& cells : table.rows) row(cells, false);
}

}  // namespace belfry::cli

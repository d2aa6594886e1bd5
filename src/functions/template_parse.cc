#include <fmt/format.h>

#include "base/nearest.h"
#include "functions/template_parts.h"

namespace belfry::functions {
namespace {

constexpr size_t kMostText = 64 << 10, kMostHoles = 1'000, kMostSteps = 32, kMostFilters = 8;
constexpr size_t kMostNumber = 1'000'000;

const std::vector<std::string> kFilterNames = {"default", "json",  "number",
                                               "upper",   "lower", "truncate"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) {
  return begins_name(c) || is_digit(c) || c == '-';
}

class Parser {
 public:
  Parser(std::string_view text, Template::Output output) : text_(text), output_(output) {}

  tl::expected<Template::Parsed, TemplateError> parse() {
    Template::Parsed parsed;
    parsed.output = output_;
    if (text_.size() > kMostText)
      return error(fmt::format("the template is longer than {} bytes", kMostText));
    size_t holes = 0;
    while (at_ < text_.size()) {
      const size_t open = text_.find("{{", at_);
      const std::string_view literal = text_.substr(at_, open == text_.npos ? open : open - at_);
      if (!literal.empty()) {
        parsed.pieces.emplace_back(std::string(literal));
        if (output_ == Template::Output::json) follow_quotes(literal);
      }
      if (open == text_.npos) break;
      at_ = open;
      if (++holes > kMostHoles) return error(fmt::format("more than {} holes", kMostHoles));
      Hole hole;
      if (!parse_hole(hole)) return tl::unexpected(error_);
      parsed.pieces.emplace_back(std::move(hole));
    }
    if (in_string_) return error("the JSON text ends within quotes");
    return parsed;
  }

 private:
  tl::unexpected<TemplateError> error(std::string message) {
    set_error(std::move(message));
    return tl::unexpected(error_);
  }

  bool set_error(std::string message) {
    error_.message = std::move(message);
    place(at_, error_.line, error_.column);
    return false;
  }

  void place(size_t at, size_t& line, size_t& column) const {
    line = column = 1;
    for (size_t i = 0; i < at && i < text_.size(); ++i) {
      ++column;
      if (text_[i] == '\n') {
        ++line;
        column = 1;
      }
    }
  }

  void follow_quotes(std::string_view literal) {
    for (const char c : literal) {
      if (escaped_) {
        escaped_ = false;
      } else if (in_string_ && c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = !in_string_;
      }
    }
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool ahead(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool parse_hole(Hole& hole) {
    place(at_, hole.line, hole.column);
    hole.quoted = in_string_;
    at_ += 2;
    const size_t begin = at_;
    skip_spaces();
    if (here() == '"') {
      if (!parse_string(hole.literal)) return false;
    } else if (!parse_path(hole)) {
      return false;
    }
    for (skip_spaces(); here() == '|'; skip_spaces()) {
      ++at_;
      skip_spaces();
      if (hole.filters.size() == kMostFilters)
        return set_error(fmt::format("more than {} filters", kMostFilters));
      if (!parse_filter(hole.filters.emplace_back())) return false;
    }
    if (!ahead("}}")) {
      if (at_ >= text_.size()) return set_error("the hole is not closed: }} is missing");
      return set_error(fmt::format("expected | or }}}}, found '{}'", here()));
    }
    std::string_view source = text_.substr(begin, at_ - begin);
    while (!source.empty() && is_space(source.front())) source.remove_prefix(1);
    while (!source.empty() && is_space(source.back())) source.remove_suffix(1);
    hole.source = source;
    at_ += 2;
    return true;
  }

  bool parse_path(Hole& hole) {
    const size_t begin = at_;
    std::string name;
    if (!parse_name(name)) return false;
    hole.steps.emplace_back(std::move(name));
    for (;;) {
      if (hole.steps.size() > kMostSteps)
        return set_error(fmt::format("more than {} steps in a path", kMostSteps));
      if (here() == '.') {
        ++at_;
        if (!parse_name(name)) return false;
        hole.steps.emplace_back(std::move(name));
      } else if (here() == '[') {
        ++at_;
        if (!parse_bracket(hole)) return false;
      } else {
        break;
      }
    }
    hole.path = text_.substr(begin, at_ - begin);
    return true;
  }

  bool parse_name(std::string& name) {
    if (!begins_name(here())) return set_error("expected the name of a field");
    const size_t begin = at_;
    while (continues_name(here())) ++at_;
    name = text_.substr(begin, at_ - begin);
    return true;
  }

  // After the bracket: an element's number or a field's name in quotes.
  bool parse_bracket(Hole& hole) {
    if (here() == '"') {
      std::string name;
      if (!parse_string(name)) return false;
      hole.steps.emplace_back(std::move(name));
    } else {
      size_t number = 0;
      if (!parse_number(number)) return false;
      hole.steps.emplace_back(number);
    }
    if (here() != ']') return set_error("expected ]");
    ++at_;
    return true;
  }

  bool parse_number(size_t& number) {
    if (!is_digit(here())) return set_error("expected a number");
    number = 0;
    for (; is_digit(here()); ++at_) {
      number = number * 10 + static_cast<size_t>(here() - '0');
      if (number > kMostNumber) return set_error(fmt::format("a number above {}", kMostNumber));
    }
    return true;
  }

  // In quotes, with \" \\ \n \t.
  bool parse_string(std::string& out) {
    out.clear();
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') {
        out += text_[at_];
        continue;
      }
      ++at_;
      switch (here()) {
        case '"':
        case '\\':
          out += here();
          break;
        case 'n':
          out += '\n';
          break;
        case 't':
          out += '\t';
          break;
        default:
          return set_error("after \\ in quotes stands one of \" \\ n t");
      }
    }
    if (at_ >= text_.size()) return set_error("the quotes are not closed");
    ++at_;
    return true;
  }

  bool parse_filter(Filter& filter) {
    const size_t begin = at_;
    std::string name;
    if (!begins_name(here())) return set_error("expected the name of a filter after |");
    if (!parse_name(name)) return false;
    size_t which = 0;
    while (which < kFilterNames.size() && kFilterNames[which] != name) ++which;
    if (which == kFilterNames.size()) {
      at_ = begin;
      const auto meant = nearest(name, kFilterNames);
      return set_error(fmt::format("there is no filter {}{}; filters are {}", name,
                                   meant.empty() ? "" : fmt::format(", did you mean {}?", meant),
                                   fmt::join(kFilterNames, ", ")));
    }
    filter.kind = static_cast<Filter::Kind>(which);
    skip_spaces();
    switch (filter.kind) {
      case Filter::Kind::fallback:
        if (here() != '"') return set_error("default is followed by its text in quotes");
        return parse_string(filter.text);
      case Filter::Kind::truncate:
        filter.has_number = true;
        return parse_number(filter.number);
      case Filter::Kind::number:
        if (!is_digit(here())) return true;
        filter.has_number = true;
        if (!parse_number(filter.number)) return false;
        return filter.number <= 20 || set_error("at most 20 decimals");
      case Filter::Kind::json:
      case Filter::Kind::upper:
      case Filter::Kind::lower:
        return true;
    }
    return true;
  }

  const std::string_view text_;
  const Template::Output output_;
  size_t at_ = 0;
  bool in_string_ = false, escaped_ = false;  // Output::json
  TemplateError error_;
};

}  // namespace

tl::expected<Template, TemplateError> Template::parse(std::string_view text, Output output) {
  auto parsed = Parser(text, output).parse();
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  Template made;
  made.parsed_ = std::make_shared<const Parsed>(std::move(*parsed));
  return made;
}

std::vector<std::string> Template::paths() const {
  std::vector<std::string> paths;
  for (const auto& piece : parsed_->pieces) {
    const Hole* hole = std::get_if<Hole>(&piece);
    if (hole && !hole->path.empty()) paths.push_back(hole->path);
  }
  return paths;
}

}  // namespace belfry::functions

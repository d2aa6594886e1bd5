#include "cli/yaml_text.h"

#include <boost/json.hpp>

namespace belfry::cli {

namespace {

namespace json = boost::json;

// Only what no YAML reader takes for something else than a text.
bool is_plain(std::string_view text) {
  constexpr std::string_view kFirst = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kRest =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";
  constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no", "on",
                                         "off",  "y",     "n",    "nan", "inf"};
  if (text.empty() || kFirst.find(text[0]) == std::string_view::npos ||
      text.find_first_not_of(kRest) != std::string_view::npos)
    return false;
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(c | 0x20);
  for (const std::string_view word : kWords)
    if (lower == word) return false;
  return true;
}

std::string scalar(const json::value& value) {
  if (const json::string* text = value.if_string(); text && is_plain(*text))
    return std::string(*text);
  return json::serialize(value);
}

void write(std::string& out, const json::value& value, size_t depth, bool after_dash) {
  const auto indent = [&](bool first) {
    if (!(first && after_dash)) out.append(2 * depth, ' ');
  };
  bool first = true;
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      indent(first);
      first = false;
      out += scalar(json::value(key)) + ":";
      const bool nested = (member.is_object() && !member.get_object().empty()) ||
                          (member.is_array() && !member.get_array().empty());
      if (nested) {
        out += "\n";
        write(out, member, depth + 1, false);
      } else {
        out += " " + scalar(member) + "\n";
      }
    }
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) {
      indent(first);
      first = false;
      out += "- ";
      const bool nested = (item.is_object() && !item.get_object().empty()) ||
                          (item.is_array() && !item.get_array().empty());
      if (nested)
        write(out, item, depth + 1, true);
      else
        out += scalar(item) + "\n";
    }
  }
}

}  // namespace

std::string yaml_text(const boost::json::value& value) {
  const bool nested = (value.is_object() && !value.get_object().empty()) ||
                      (value.is_array() && !value.get_array().empty());
  if (!nested) return scalar(value) + "\n";
  std::string out;
  write(out, value, 0, false);
  return out;
}

}  // namespace belfry::cli

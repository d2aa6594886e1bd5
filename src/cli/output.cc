#include "cli/output.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/json_text.h"
#include "cli/yaml_text.h"

namespace belfry::cli {

namespace {

const boost::json::value* find(const boost::json::value& value, std::string_view key) {
  const boost::json::object* object = value.if_object();
  return object ? object->if_contains(key) : nullptr;
}

}  // namespace

bool print_structured(const Terminal& terminal, Output output, const boost::json::value& value) {
  if (output == Output::json) terminal.line(app::indented_json(value));
  if (output == Output::yaml) terminal.print(yaml_text(value));
  return output == Output::json || output == Output::yaml;
}

std::string text_at(const boost::json::value& value, std::string_view key) {
  const boost::json::value* found = find(value, key);
  if (!found || found->is_null()) return {};
  return found->is_string() ? std::string(found->get_string()) : boost::json::serialize(*found);
}

uint64_t number_at(const boost::json::value& value, std::string_view key) {
  const boost::json::value* found = find(value, key);
  boost::system::error_code error;
  return found && found->is_number() ? found->to_number<uint64_t>(error) : 0;
}

double fraction_at(const boost::json::value& value, std::string_view key) {
  const boost::json::value* found = find(value, key);
  boost::system::error_code error;
  return found && found->is_number() ? found->to_number<double>(error) : 0;
}

const boost::json::array& list_at(const boost::json::value& value, std::string_view key) {
  static const boost::json::array kNone;
  const boost::json::value* found = find(value, key);
  return found && found->is_array() ? found->get_array() : kNone;
}

std::string with_separators(uint64_t number) {
  std::string out = std::to_string(number);
  for (int at = static_cast<int>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<size_t>(at), ",");
  return out;
}

std::string short_duration(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1000);
  const auto whole = static_cast<uint64_t>(seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d {}h", whole / 86400, whole / 3600 % 24);
}

}  // namespace belfry::cli

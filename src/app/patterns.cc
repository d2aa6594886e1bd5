#include "app/patterns.h"

#include <boost/json.hpp>

#include "app/form.h"

namespace belfry::app {

namespace {

// Adds the condition in front of the rest, so that offsets of errors behind it can be told apart.
constexpr std::string_view kAnyValidation = "\"validation\":[{\"exists\":true}]";

bool names_validation(std::string_view json) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  return !error && value.is_object() && value.get_object().contains("validation");
}

}  // namespace

Result<std::string> json_from_yaml(std::string_view yaml) {
  const Environment none = [](std::string_view) { return std::nullopt; };
  Reader reader(posix_files(), "--match", none);
  JsonText out;
  try {
    json("a pattern (a mapping)").read(reader, YAML::Load(std::string(yaml)), out);
  } catch (const YAML::Exception& e) {
    return fail("not YAML or JSON: " + e.msg);
  }
  if (!reader.problems().empty()) return fail(reader.problems()[0].message);
  return out.value;
}

tl::expected<match::Pattern, match::PatternError> listener_pattern(std::string_view json,
                                                                   bool invalid) {
  std::string text(json.empty() ? "{}" : json);
  size_t added = 0;
  if (invalid && !names_validation(text)) {
    const bool alone = text.find_first_not_of(" \t\r\n", text.find('{') + 1) == text.find('}');
    const std::string condition = std::string(kAnyValidation) + (alone ? "" : ",");
    text.insert(text.find('{') + 1, condition);
    added = condition.size();
  }
  auto pattern = match::Pattern::parse(text, match::Dialect::listener);
  if (pattern)
    if (auto unknown = match::unknown_event_field(*pattern)) pattern = tl::unexpected(*unknown);
  if (!pattern) pattern.error().offset -= std::min(added, pattern.error().offset);
  return pattern;
}

}  // namespace belfry::app

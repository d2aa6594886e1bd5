#include "functions/lambda.h"

#include <simdjson.h>

namespace belfry::functions {

std::optional<Language> language_of(std::string_view runtime) {
  const auto is = [&](std::string_view name) {
    return runtime.starts_with(name) &&
           (runtime.size() == name.size() ||
            runtime.find_first_not_of("0123456789.x", name.size()) == runtime.npos);
  };
  if (is("nodejs")) return Language::nodejs;
  if (is("python")) return Language::python;
  if (runtime == "provided" || runtime == "provided.al2" || runtime == "provided.al2023" ||
      runtime == "custom")
    return Language::custom;
  return {};
}

std::string InvocationResult::reason() const {
  switch (kind) {
    case Kind::done:
      return {};
    case Kind::throttled:
      return "too many invocations wait already";
    case Kind::unknown:
      return "there is no such function";
    case Kind::error:
      break;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view type, message;
  if (parser.parse(payload).get(root) != simdjson::SUCCESS) return "the function failed";
  if (root["errorType"].get(type) != simdjson::SUCCESS) type = {};
  if (root["errorMessage"].get(message) != simdjson::SUCCESS) message = {};
  std::string text(type);
  if (!type.empty() && !message.empty()) text += ": ";
  text += message;
  return text.empty() ? "the function failed" : text;
}

}  // namespace belfry::functions

// The configuration's table as a JSON Schema (draft 2020-12), so that editors complete and check
// belfry.yaml.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/config_schema.h"
#include "app/json_text.h"

namespace belfry::app {

namespace {

namespace json = boost::json;

json::object schema_of(const Form& form);

json::object record_schema(const Form& form) {
  json::object properties;
  json::array required;
  for (const Key& key : form.keys) {
    json::object property = schema_of(*key.form);
    property["description"] = key.help;
    if (!key.standard.empty() && !key.required) property["default"] = key.standard;
    properties[key.name] = std::move(property);
    if (key.required) required.emplace_back(key.name);
  }
  json::object out{{"type", required.empty() ? json::value(json::array{"object", "null"})
                                             : json::value("object")},
                   {"additionalProperties", false},
                   {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

json::object text_schema(const Form& form) {
  // YAML reads an unquoted 42 as a number where belfry takes a text just as well.
  json::object out{{"type", json::array{"string", "number", "boolean"}}};
  if (!form.choices.empty()) {
    json::array choices;
    for (const std::string& choice : form.choices) choices.emplace_back(choice);
    out = {{"enum", std::move(choices)}};
  } else if (!form.pattern.empty()) {
    out = {{"type", "string"},
           {"anyOf", json::array{json::object{{"pattern", form.pattern}},
                                 json::object{{"pattern", "\\$\\{"}}}}};
  }
  out["title"] = form.called;
  return out;
}

json::object schema_of(const Form& form) {
  switch (form.is) {
    case Form::Is::text:
      return text_schema(form);
    case Form::Is::secret:
      return {
          {"anyOf",
           json::array{text_schema(form),
                       json::object{{"type", "object"},
                                    {"additionalProperties", false},
                                    {"properties",
                                     json::object{{"secret", json::object{{"type", "string"}}}}},
                                    {"required", json::array{"secret"}}}}}};
    case Form::Is::boolean:
      return {{"type", "boolean"}};
    case Form::Is::integer:
      return {{"type", "integer"}, {"minimum", form.least}, {"maximum", form.most}};
    case Form::Is::json:
      return {{"type", "object"}};
    case Form::Is::record:
      return record_schema(form);
    case Form::Is::table:
      return {{"type", json::array{"object", "null"}},
              {"propertyNames", json::object{{"pattern", "^[A-Za-z0-9_-]{1,80}$"}}},
              {"additionalProperties", schema_of(*form.parts[0])}};
    case Form::Is::list:
      return {{"type", "array"}, {"items", schema_of(*form.parts[0])}};
    case Form::Is::one_or_list: {
      json::object item = schema_of(*form.parts[0]);
      return {{"anyOf", json::array{item, json::object{{"type", "array"}, {"items", item}}}}};
    }
    case Form::Is::either:
      return {{"anyOf", json::array{schema_of(*form.parts[0]), schema_of(*form.parts[1])}}};
  }
  return {};
}

}  // namespace

std::string configuration_json_schema() {
  json::object out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "belfry.yaml"}};
  for (auto& [key, value] : record_schema(*config_schema().form)) out[key] = std::move(value);
  return indented_json(out) + "\n";
}

}  // namespace belfry::app

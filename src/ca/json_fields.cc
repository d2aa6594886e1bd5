#include "ca/json_fields.h"

#include <fmt/format.h>

#include <charconv>

#include "ca/go_text.h"
#include "http/headers.h"

namespace belfry::ca {
namespace {

using Kind = JsonValue::Kind;

std::string kind_name(const JsonValue& value) {
  switch (value.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "bool";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
  }
  return {};
}

}  // namespace

void FieldErrors::add(size_t at, std::string message) {
  if (message_ && at_ <= at) return;
  at_ = at;
  message_ = std::move(message);
}

ObjectReader::ObjectReader(const JsonValue& value, std::string_view type, FieldErrors& errors,
                           std::string path)
    : value_(value),
      struct_(type.substr(type.find('.') + 1)),
      errors_(errors),
      path_(std::move(path)) {
  if (path_.empty() && value.kind != Kind::object && value.kind != Kind::null)
    errors_.add(value.at, fmt::format("json: cannot unmarshal {} into Go value of type {}",
                                      kind_name(value), type));
}

void ObjectReader::each(std::string_view name,
                        const std::function<void(const JsonValue&)>& use) const {
  if (value_.kind != Kind::object) return;
  for (const auto& [key, value] : value_.members)
    if (http::equal_fold(key, name)) use(value);
}

std::string ObjectReader::path_of(std::string_view name, std::string_view within) const {
  std::string path = path_;
  for (const std::string_view part : {within, name})
    if (!part.empty()) path.append(path.empty() ? "" : ".").append(part);
  return path;
}

void ObjectReader::wrong(const JsonValue& value, std::string_view name, std::string_view within,
                         std::string_view type) const {
  const bool number_as_written = value.kind == Kind::number && type == "int";
  errors_.add(
      value.at,
      fmt::format("json: cannot unmarshal {}{}{} into Go struct field {}.{} of type {}",
                  kind_name(value), number_as_written ? " " : "",
                  number_as_written ? value.text : "", struct_, path_of(name, within), type));
}

void ObjectReader::text(std::string_view name, std::string& into, std::string_view within) const {
  each(name, [&](const JsonValue& value) {
    if (value.kind == Kind::string)
      into = value.text;
    else if (value.kind != Kind::null)
      wrong(value, name, within, "string");
  });
}

void ObjectReader::integer(std::string_view name, int64_t& into, std::string_view within) const {
  each(name, [&](const JsonValue& value) {
    if (value.kind == Kind::null) return;
    int64_t number = 0;
    const char* end = value.text.data() + value.text.size();
    if (value.kind == Kind::number &&
        std::from_chars(value.text.data(), end, number) == std::from_chars_result{end, {}})
      into = number;
    else
      wrong(value, name, within, "int");
  });
}

void ObjectReader::boolean(std::string_view name, bool& into, std::string_view within) const {
  each(name, [&](const JsonValue& value) {
    if (value.kind == Kind::boolean)
      into = value.boolean;
    else if (value.kind != Kind::null)
      wrong(value, name, within, "bool");
  });
}

void ObjectReader::texts(std::string_view name, std::optional<std::vector<std::string>>& into,
                         std::string_view within) const {
  each(name, [&](const JsonValue& value) {
    into.reset();
    if (value.kind == Kind::null) return;
    if (value.kind != Kind::array) return wrong(value, name, within, "[]string");
    into.emplace();
    for (const JsonValue& item : value.items) {
      if (item.kind == Kind::string || item.kind == Kind::null)
        into->push_back(item.text);
      else
        wrong(item, name, within, "string");
    }
  });
}

void ObjectReader::time(std::string_view name, std::optional<WallTime>& into,
                        std::string_view) const {
  each(name, [&](const JsonValue& value) {
    if (value.kind == Kind::null) return;
    if (value.kind != Kind::string)
      return errors_.add(value.at, "Time.UnmarshalJSON: input is not a JSON string");
    auto time = parse_go_time(value.text);
    if (!time) return errors_.add(value.at, time.error().message);
    into = *time == kGoZeroTime ? std::nullopt : std::optional(*time);
  });
}

void ObjectReader::objects(std::string_view name, std::string_view element_type,
                           std::string_view within, const std::function<void()>& begin,
                           const std::function<void(const ObjectReader&)>& element) const {
  each(name, [&](const JsonValue& value) {
    if (value.kind == Kind::null) return;
    if (value.kind != Kind::array)
      return wrong(value, name, within, fmt::format("[]{}", element_type));
    begin();
    const std::string_view plain = element_type.substr(element_type.starts_with('*') ? 1 : 0);
    for (const JsonValue& item : value.items) {
      if (item.kind == Kind::object || item.kind == Kind::null)
        element(ObjectReader(item, plain, errors_, path_of(name, within)));
      else
        wrong(item, name, within, plain);
    }
  });
}

void ObjectReader::object(std::string_view name, std::string_view type, std::string_view within,
                          const std::function<void(const ObjectReader&)>& use) const {
  each(name, [&](const JsonValue& value) {
    if (value.kind == Kind::object)
      use(ObjectReader(value, type, errors_, path_of(name, within)));
    else if (value.kind != Kind::null)
      wrong(value, name, within, type);
  });
}

}  // namespace belfry::ca

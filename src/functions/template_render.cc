#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/nearest.h"
#include "event/compact_json.h"
#include "functions/template_value.h"
#include "topic/topics.h"

namespace belfry::functions {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kMostNamesShown = 12;

std::string_view trimmed(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

std::string shown(const std::vector<Step>& steps, size_t count) {
  std::string path;
  for (size_t i = 0; i < count; ++i) {
    if (const auto* index = std::get_if<size_t>(&steps[i])) {
      path += fmt::format("[{}]", *index);
    } else {
      path += (i > 0 ? "." : "") + std::get<std::string>(steps[i]);
    }
  }
  return path;
}

// Looks paths up in one document.
class Lookup {
 public:
  explicit Lookup(const Scope& scope) : scope_(scope), json_(scope.json) {
    valid_ = !parser_.iterate(json_).get(document_);
    ondemand::object object;
    valid_ = valid_ && !document_.get_object().get(object);
  }

  Result<Value> find(const std::vector<Step>& steps) {
    if (scope_.message && std::get<std::string>(steps.front()) == "message")
      return of_message(steps);
    if (!valid_) return fail("the message's body is not a JSON object");
    // Afresh each time: damage that an earlier look met would have ended the document for good.
    if (parser_.iterate(json_).get(document_)) return fail("the message's body is not valid JSON");
    ondemand::object root;
    ondemand::value value;
    if (document_.get_object().get(root)) return fail("the message's body is not a JSON object");
    for (size_t i = 0; i < steps.size(); ++i) {
      const bool found =
          i == 0 ? !root.find_field_unordered(std::get<std::string>(steps[0])).get(value)
                 : step(steps[i], value);
      if (!found) return Value{};
    }
    return read(value);
  }

  // What stands where the path ends: for the message about a missing field.
  std::string instead(const std::vector<Step>& steps) {
    for (size_t depth = steps.size() - 1; depth > 0; --depth) {
      const std::vector<Step> above(steps.begin(), steps.begin() + static_cast<long>(depth));
      const auto parent = find(above);
      if (!parent || parent->kind == Value::Kind::missing) continue;
      const auto* name = std::get_if<std::string>(&steps[depth]);
      return describe(parent->text, shown(above, depth), name ? *name : "");
    }
    return describe(std::string(scope_.json), "the body", std::get<std::string>(steps.front()));
  }

 private:
  static bool step(const Step& step, ondemand::value& value) {
    ondemand::json_type type;
    if (value.type().get(type)) return false;
    if (const auto* index = std::get_if<size_t>(&step)) {
      ondemand::array array;
      if (type != ondemand::json_type::array || value.get_array().get(array)) return false;
      ondemand::value inner;
      if (array.at(*index).get(inner)) return false;
      value = inner;
      return true;
    }
    ondemand::object object;
    if (type != ondemand::json_type::object || value.get_object().get(object)) return false;
    ondemand::value inner;
    if (object.find_field_unordered(std::get<std::string>(step)).get(inner)) return false;
    value = inner;
    return true;
  }

  static Result<Value> read(ondemand::value value) {
    ondemand::json_type type;
    if (value.type().get(type)) return fail("the message's body is not valid JSON");
    switch (type) {
      case ondemand::json_type::string: {
        std::string_view text;
        if (value.get_string().get(text)) return fail("the message's body is not valid JSON");
        return Value{Value::Kind::text, std::string(text)};
      }
      case ondemand::json_type::number:
        return Value{Value::Kind::number, std::string(trimmed(value.raw_json_token()))};
      case ondemand::json_type::null:
        return Value{Value::Kind::null, "null"};
      case ondemand::json_type::boolean:
        return Value{Value::Kind::json, std::string(trimmed(value.raw_json_token()))};
      case ondemand::json_type::array:
      case ondemand::json_type::object: {
        std::string_view raw;
        std::string compact;
        if (simdjson::to_json_string(value).get(raw) ||
            !event::append_compact_json(compact, trimmed(raw))) {
          return fail("the message's body is not valid JSON");
        }
        return Value{Value::Kind::json, std::move(compact)};
      }
    }
    return Value{};
  }

  Result<Value> of_message(const std::vector<Step>& steps) const {
    const queue::Message& message = *scope_.message;
    const auto name = [&](size_t i) {
      const auto* text = i < steps.size() ? std::get_if<std::string>(&steps[i]) : nullptr;
      return text ? std::string_view(*text) : std::string_view();
    };
    const auto system = [&](std::string_view key) {
      const auto found = message.system.find(std::string(key));
      return found == message.system.end() ? Value{} : Value{Value::Kind::text, found->second};
    };
    if (steps.size() == 2) {
      if (name(1) == "id") return Value{Value::Kind::text, message.id};
      if (name(1) == "body") return Value{Value::Kind::text, message.body};
      if (name(1) == "subject") return system(topic::kSubject);
      if (name(1) == "topic") return system(topic::kTopic);
    }
    if (steps.size() == 3 && name(1) == "attributes") {
      const auto found = message.attributes.find(std::string(name(2)));
      if (found == message.attributes.end()) return Value{};
      const bool number = found->second.type.compare(0, 6, "Number") == 0;
      return Value{number ? Value::Kind::number : Value::Kind::text, found->second.value};
    }
    return Value{};
  }

  std::string describe(const std::string& json, std::string_view where, std::string_view wanted) {
    ondemand::parser parser;
    const simdjson::padded_string padded(json);
    ondemand::document document;
    ondemand::object object;
    std::vector<std::string> names;
    if (parser.iterate(padded).get(document) || document.get_object().get(object)) {
      return fmt::format("{} has no fields", where);
    }
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key)) break;
      names.emplace_back(key);
    }
    const auto meant = nearest(wanted, names);
    const size_t shown = std::min(names.size(), kMostNamesShown);
    return fmt::format(
        "{} has {}{}{}", where,
        names.empty() ? "none"
                      : fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", ")),
        shown < names.size() ? ", …" : "",
        meant.empty() ? "" : fmt::format("; did you mean {}?", meant));
  }

  const Scope& scope_;
  const simdjson::padded_string json_;
  ondemand::parser parser_;
  ondemand::document document_;
  bool valid_ = false;
};

Result<Value> evaluate(const Hole& hole, Lookup& lookup) {
  Value value{Value::Kind::text, hole.literal};
  if (!hole.path.empty()) {
    auto found = lookup.find(hole.steps);
    if (!found) return found;
    value = std::move(*found);
  }
  for (const Filter& filter : hole.filters) {
    if (auto applied = apply(filter, value); !applied) return tl::unexpected(applied.error());
  }
  if (value.kind == Value::Kind::missing) {
    return fail(fmt::format("there is no field {}; {}", hole.path, lookup.instead(hole.steps)));
  }
  if (value.kind == Value::Kind::null)
    return fail(fmt::format("{} is null; | default \"…\" gives it a text", hole.path));
  return value;
}

void append(std::string& out, const Hole& hole, Template::Output output, const Value& value) {
  if (output == Template::Output::text || (value.kind != Value::Kind::text && !hole.quoted)) {
    out += value.text;
    return;
  }
  std::string quoted;
  append_json_string(quoted, value.text);
  out += hole.quoted ? std::string_view(quoted).substr(1, quoted.size() - 2)
                     : std::string_view(quoted);
}

}  // namespace

Result<std::string> Template::render(const Scope& scope) const {
  std::string out;
  Lookup lookup(scope);
  for (const auto& piece : parsed_->pieces) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      out += *literal;
      continue;
    }
    const Hole& hole = std::get<Hole>(piece);
    const auto value = evaluate(hole, lookup);
    if (!value) {
      return fail(fmt::format("{{{{{}}}}} at line {}, column {} of the template: {}", hole.source,
                              hole.line, hole.column, value.error().message));
    }
    append(out, hole, parsed_->output, *value);
  }
  return out;
}

}  // namespace belfry::functions

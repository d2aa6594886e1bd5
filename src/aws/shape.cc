#include "aws/shape.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "base/bytes.h"

namespace belfry::aws {
namespace {

// Parameters as a tree: "Attribute.1.Name" is three levels. Bounded in depth: a name may come from
// anybody.
struct Tree {
  std::string text;
  bool has_text = false;
  std::map<std::string, Tree, std::less<>> below;
};
constexpr int kDepth = 16;

Result<Tree> tree_of(const Parameters& parameters) {
  Tree root;
  for (const auto& [name, value] : parameters) {
    Tree* at = &root;
    std::string_view rest = name;
    for (int depth = 0;; ++depth) {
      if (depth == kDepth) return fail(fmt::format("the parameter {} is nested too deeply", name));
      const size_t dot = rest.find('.');
      at = &at->below[std::string(rest.substr(0, dot))];
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    at->text = value;
    at->has_text = true;
  }
  return root;
}

// The children named 1, 2, … in the order of their numbers; gaps are passed over.
std::vector<const Tree*> numbered(const Tree& tree) {
  std::map<uint32_t, const Tree*> found;
  for (const auto& [name, child] : tree.below) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) found[number] = &child;
  }
  std::vector<const Tree*> children;
  for (const auto& [number, child] : found) children.push_back(child);
  return children;
}

const Tree* child(const Tree& tree, std::string_view name) {
  const auto found = tree.below.find(name);
  return found == tree.below.end() ? nullptr : &found->second;
}

Result<boost::json::value> convert(const Tree& tree, const Shape& shape, std::string_view name);

Result<boost::json::object> convert_structure(const Tree& tree, const Shape& shape) {
  boost::json::object out;
  for (const auto& [json_name, field] : shape.fields) {
    const Tree* at = child(tree, field.wire.empty() ? std::string_view(json_name) : field.wire);
    if (!at) continue;
    auto value = convert(*at, field, json_name);
    if (!value) return tl::unexpected(value.error());
    out[json_name] = std::move(*value);
  }
  return out;
}

Result<boost::json::value> convert_list(const Tree& tree, const Shape& shape,
                                        std::string_view name) {
  boost::json::array out;
  const Tree* items = shape.flat ? &tree : child(tree, shape.item);
  if (!items) items = &tree;  // some clients leave the level out
  for (const Tree* item : numbered(*items)) {
    auto value = convert(*item, *shape.element, name);
    if (!value) return value;
    out.push_back(std::move(*value));
  }
  return boost::json::value(std::move(out));
}

Result<boost::json::value> convert_map(const Tree& tree, const Shape& shape,
                                       std::string_view name) {
  boost::json::object out;
  const Tree* entries = shape.flat ? &tree : child(tree, "entry");
  if (!entries) entries = &tree;
  for (const Tree* entry : numbered(*entries)) {
    const Tree* key = child(*entry, shape.key);
    const Tree* item = child(*entry, shape.value);
    if (!key || !item)
      return fail(fmt::format("an entry of {} lacks its {} or {}", name, shape.key, shape.value));
    auto value = convert(*item, *shape.element, name);
    if (!value) return value;
    out[key->text] = std::move(*value);
  }
  return boost::json::value(std::move(out));
}

Result<boost::json::value> convert(const Tree& tree, const Shape& shape, std::string_view name) {
  switch (shape.kind) {
    case Shape::Kind::scalar:
      return boost::json::value(tree.text);
    case Shape::Kind::integer: {
      int64_t number = 0;
      const auto [end, error] =
          std::from_chars(tree.text.data(), tree.text.data() + tree.text.size(), number);
      if (error != std::errc() || end != tree.text.data() + tree.text.size())
        return fail(fmt::format("{} must be a whole number, not '{}'", name, tree.text));
      return boost::json::value(number);
    }
    case Shape::Kind::boolean:
      if (tree.text != "true" && tree.text != "false")
        return fail(fmt::format("{} must be true or false, not '{}'", name, tree.text));
      return boost::json::value(tree.text == "true");
    case Shape::Kind::structure: {
      auto object = convert_structure(tree, shape);
      if (!object) return tl::unexpected(object.error());
      return boost::json::value(std::move(*object));
    }
    case Shape::Kind::list:
      return convert_list(tree, shape, name);
    case Shape::Kind::map:
      return convert_map(tree, shape, name);
  }
  return fail("unreachable");
}

std::string_view kind_of(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::object:
      return "START_OBJECT";
    case boost::json::kind::array:
      return "START_ARRAY";
    case boost::json::kind::string:
      return "STRING_VALUE";
    case boost::json::kind::bool_:
      return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case boost::json::kind::null:
      return "NULL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

std::string_view word_for(Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::scalar:
      return "a String";
    case Shape::Kind::integer:
      return "an Integer";
    case Shape::Kind::boolean:
      return "a Boolean";
    case Shape::Kind::list:
      return "a List";
    case Shape::Kind::map:
    case Shape::Kind::structure:
      break;
  }
  return "an Object";
}

Result<void> conform_value(boost::json::value& value, const Shape& shape) {
  const auto wrong = [&]() -> Result<void> {
    return fail(fmt::format("{} can not be converted to {}", kind_of(value), word_for(shape.kind)));
  };
  switch (shape.kind) {
    case Shape::Kind::scalar:
      return value.is_string() ? Result<void>() : wrong();
    case Shape::Kind::boolean:
      return value.is_bool() ? Result<void>() : wrong();
    case Shape::Kind::integer: {
      boost::system::error_code inexact;  // 5.0 is a whole number, too
      const auto number = value.is_number() ? value.to_number<int64_t>(inexact) : 0;
      if (!value.is_number() || inexact) return wrong();
      value = number;
      return {};
    }
    case Shape::Kind::structure:
      return value.is_object() ? conform(value.get_object(), shape) : wrong();
    case Shape::Kind::list:
      if (!value.is_array()) return wrong();
      for (auto& item : value.get_array())
        if (auto good = conform_value(item, *shape.element); !good) return good;
      return {};
    case Shape::Kind::map:
      if (!value.is_object()) return wrong();
      for (auto& entry : value.get_object())
        if (auto good = conform_value(entry.value(), *shape.element); !good) return good;
      return {};
  }
  return wrong();
}

void open(std::string& out, std::string_view tag) {
  (out += '<').append(tag) += '>';
}
void close(std::string& out, std::string_view tag) {
  (out += "</").append(tag) += '>';
}

void append_value(std::string& out, std::string_view tag, const boost::json::value& value,
                  const Shape& shape);

void append_scalar(std::string& out, std::string_view tag, const boost::json::value& value) {
  open(out, tag);
  if (value.is_string())
    append_xml_text(out, value.get_string());
  else
    append_xml_text(out, boost::json::serialize(value));
  close(out, tag);
}

void append_list(std::string& out, std::string_view tag, const boost::json::array& items,
                 const Shape& shape) {
  if (!shape.flat) open(out, tag);
  for (const auto& item : items)
    append_value(out, shape.flat ? tag : std::string_view(shape.item), item, *shape.element);
  if (!shape.flat) close(out, tag);
}

void append_map(std::string& out, std::string_view tag, const boost::json::object& entries,
                const Shape& shape) {
  const std::string_view level = shape.flat ? tag : "entry";
  if (!shape.flat) open(out, tag);
  for (const auto& [key, item] : entries) {
    open(out, level);
    open(out, shape.key);
    append_xml_text(out, key);
    close(out, shape.key);
    append_value(out, shape.value, item, *shape.element);
    close(out, level);
  }
  if (!shape.flat) close(out, tag);
}

void append_value(std::string& out, std::string_view tag, const boost::json::value& value,
                  const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::scalar:
    case Shape::Kind::integer:
    case Shape::Kind::boolean:
      append_scalar(out, tag, value);
      break;
    case Shape::Kind::structure:
      open(out, tag);
      append_xml(out, value.get_object(), shape);
      close(out, tag);
      break;
    case Shape::Kind::list:
      append_list(out, tag, value.get_array(), shape);
      break;
    case Shape::Kind::map:
      append_map(out, tag, value.get_object(), shape);
      break;
  }
}

Shape make(Shape::Kind kind, std::string wire) {
  Shape shape;
  shape.kind = kind;
  shape.wire = std::move(wire);
  return shape;
}

}  // namespace

Shape::Shape() = default;
Shape::~Shape() = default;
Shape::Shape(const Shape&) = default;
Shape::Shape(Shape&&) noexcept = default;
Shape& Shape::operator=(const Shape&) = default;
Shape& Shape::operator=(Shape&&) noexcept = default;

Shape scalar(std::string wire) {
  return make(Shape::Kind::scalar, std::move(wire));
}
Shape integer(std::string wire) {
  return make(Shape::Kind::integer, std::move(wire));
}
Shape boolean(std::string wire) {
  return make(Shape::Kind::boolean, std::move(wire));
}

Shape structure(std::vector<std::pair<std::string, Shape>> fields, std::string wire) {
  Shape shape = make(Shape::Kind::structure, std::move(wire));
  shape.fields = std::move(fields);
  return shape;
}

Shape list(Shape element, std::string wire) {
  Shape shape = make(Shape::Kind::list, std::move(wire));
  shape.element = std::make_shared<const Shape>(std::move(element));
  return shape;
}

Shape flat_list(std::string wire, Shape element) {
  Shape shape = list(std::move(element), std::move(wire));
  shape.flat = true;
  return shape;
}

Shape map(Shape element, std::string wire) {
  Shape shape = make(Shape::Kind::map, std::move(wire));
  shape.element = std::make_shared<const Shape>(std::move(element));
  return shape;
}

Shape flat_map(std::string wire, std::string key, std::string value, Shape element) {
  Shape shape = map(std::move(element), std::move(wire));
  shape.flat = true;
  shape.key = std::move(key);
  shape.value = std::move(value);
  return shape;
}

Result<boost::json::object> from_query(const Parameters& parameters, const Shape& input) {
  auto tree = tree_of(parameters);
  if (!tree) return tl::unexpected(tree.error());
  return convert_structure(*tree, input);
}

Result<void> conform(boost::json::object& input, const Shape& shape) {
  for (const auto& [name, field] : shape.fields) {
    const auto found = input.find(name);
    if (found == input.end()) continue;
    if (found->value().is_null()) {
      input.stable_erase(found);
      continue;
    }
    if (auto good = conform_value(found->value(), field); !good) return good;
  }
  return {};
}

void append_xml(std::string& out, const boost::json::object& value, const Shape& output) {
  for (const auto& [json_name, field] : output.fields)
    if (const auto* found = value.if_contains(json_name); found && !found->is_null())
      append_value(out, field.wire.empty() ? std::string_view(json_name) : field.wire, *found,
                   field);
}

void append_xml_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xd;";
        break;  // a parser would make a line feed of it
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n')
          out += "\xEF\xBF\xBD";
        else
          out += c;
    }
  }
}

}  // namespace belfry::aws

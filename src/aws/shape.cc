#include "aws/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"

namespace belfry::aws {
namespace {

// Parameters as a tree: "Attribute.1.Name" is three levels. The tree is the sorted list of names:
// what stands below a name is one stretch of it. Bounded in depth: a name may come from anybody.
constexpr size_t kDepth = 16;

struct Named {
  std::string_view name, value;
};

// The order that keeps together what stands below a name: level by level.
bool before(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (y == b.end()) return false;
  if (x == a.end()) return true;
  if (*x == '.' || *y == '.') return *x == '.' && *y != '.';
  return *x < *y;
}

class Tree {
 public:
  Tree(const Named* begin, const Named* end, size_t level)
      : begin_(begin), end_(end), level_(level) {}

  // What the name itself was given, at last; empty: nothing.
  std::string_view text() const {
    std::string_view last;
    for (const Named* at = begin_; at != end_ && at->name.size() < level_; ++at) last = at->value;
    return last;
  }

  std::optional<Tree> child(std::string_view name) const {
    const Named* first =
        std::partition_point(begin_, end_, [&](const Named& it) { return before(step(it), name); });
    return first == end_ || step(*first) != name ? std::nullopt : std::optional(from(first));
  }

  // The children named 1, 2, … in the order of their numbers; gaps are passed over.
  std::vector<Tree> numbered() const {
    std::vector<std::pair<uint32_t, Tree>> found;
    for (const Named* at = begin_; at != end_;) {
      if (at->name.size() < level_) {
        ++at;
        continue;
      }
      const std::string_view name = step(*at);
      const Tree below = from(at);
      at = below.end_;
      uint32_t number = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
      if (error == std::errc() && end == name.data() + name.size())
        found.emplace_back(number, below);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Tree> children;
    for (size_t i = 0; i < found.size(); ++i)
      if (i + 1 == found.size() || found[i].first != found[i + 1].first)
        children.push_back(found[i].second);
    return children;
  }

 private:
  // The name's next level; empty: it ends above.
  std::string_view step(const Named& it) const {
    if (it.name.size() < level_) return {};
    const std::string_view rest = it.name.substr(level_);
    return rest.substr(0, rest.find('.'));
  }
  // All that stands below the same step as `first`.
  Tree from(const Named* first) const {
    const std::string_view name = step(*first);
    const Named* last =
        std::partition_point(first, end_, [&](const Named& it) { return step(it) == name; });
    return {first, last, level_ + name.size() + 1};
  }

  const Named* begin_;
  const Named* end_;
  size_t level_;  // where in the names the next level begins
};

Result<boost::json::value> convert(const Tree& tree, const Shape& shape, std::string_view name);

Result<boost::json::object> convert_structure(const Tree& tree, const Shape& shape) {
  boost::json::object out;
  for (const auto& [json_name, field] : shape.fields) {
    const auto at = tree.child(field.wire.empty() ? std::string_view(json_name) : field.wire);
    if (!at) continue;
    auto value = convert(*at, field, json_name);
    if (!value) return tl::unexpected(value.error());
    out.emplace(json_name, std::move(*value));
  }
  return out;
}

Result<boost::json::value> convert_list(const Tree& tree, const Shape& shape,
                                        std::string_view name) {
  boost::json::array out;
  // Some clients leave the level out.
  const Tree items = shape.flat ? tree : tree.child(shape.item).value_or(tree);
  for (const Tree& item : items.numbered()) {
    auto value = convert(item, *shape.element, name);
    if (!value) return value;
    out.push_back(std::move(*value));
  }
  return boost::json::value(std::move(out));
}

Result<boost::json::value> convert_map(const Tree& tree, const Shape& shape,
                                       std::string_view name) {
  boost::json::object out;
  const Tree entries = shape.flat ? tree : tree.child("entry").value_or(tree);
  for (const Tree& entry : entries.numbered()) {
    const auto key = entry.child(shape.key), item = entry.child(shape.value);
    if (!key || !item)
      return fail(fmt::format("an entry of {} lacks its {} or {}", name, shape.key, shape.value));
    auto value = convert(*item, *shape.element, name);
    if (!value) return value;
    out[key->text()] = std::move(*value);
  }
  return boost::json::value(std::move(out));
}

Result<boost::json::value> convert(const Tree& tree, const Shape& shape, std::string_view name) {
  switch (shape.kind) {
    case Shape::Kind::scalar:
      return boost::json::value(tree.text());
    case Shape::Kind::integer: {
      const std::string_view text = tree.text();
      int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size())
        return fail(fmt::format("{} must be a whole number, not '{}'", name, text));
      return boost::json::value(number);
    }
    case Shape::Kind::boolean: {
      const std::string_view text = tree.text();
      if (text != "true" && text != "false")
        return fail(fmt::format("{} must be true or false, not '{}'", name, text));
      return boost::json::value(text == "true");
    }
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
  std::vector<Named> names;
  names.reserve(parameters.size());
  for (const auto& [name, value] : parameters) {
    if (static_cast<size_t>(std::count(name.begin(), name.end(), '.')) >= kDepth)
      return fail(fmt::format("the parameter {} is nested too deeply", name));
    names.push_back({name, value});
  }
  std::stable_sort(names.begin(), names.end(),
                   [](const Named& a, const Named& b) { return before(a.name, b.name); });
  return convert_structure({names.data(), names.data() + names.size(), 0}, input);
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

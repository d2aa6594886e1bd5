#include "app/json_text.h"

#include <boost/json.hpp>

namespace belfry::app {

namespace {

namespace json = boost::json;

void write(std::string& out, const json::value& value, size_t depth) {
  const auto line = [&](size_t at) { out.append("\n").append(2 * at, ' '); };
  if (const json::object* object = value.if_object(); object && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!first) out += ',';
      first = false;
      line(depth + 1);
      out += json::serialize(key);
      out += ": ";
      write(out, member, depth + 1);
    }
    line(depth);
    out += '}';
  } else if (const json::array* array = value.if_array(); array && !array->empty()) {
    out += '[';
    bool first = true;
    for (const json::value& item : *array) {
      if (!first) out += ',';
      first = false;
      line(depth + 1);
      write(out, item, depth + 1);
    }
    line(depth);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string indented_json(const boost::json::value& value) {
  std::string out;
  write(out, value, 0);
  return out;
}

}  // namespace belfry::app
